// The softphone: JsSIP registering the agent's DN over the page's own `/ws`. It does what a phone
// does (ring, answer, hold, mute, hang up) and tells what happened. The desktop's buttons do not
// come here: they go to the server, whose SIP INFO (`application/vnd.cordboard.talk` or `.hold`)
// makes this phone answer, resume or hold.

import { UA, debug } from "jssip";
import type { IncomingRTCSessionEvent, RTCSessionEvent } from "jssip/lib/UA";
import type { IncomingInfoEvent, OutgoingInfoEvent, RTCSession } from "jssip/lib/RTCSession";
import type { PhoneSettings } from "../model/facts";
import type { PhoneEvent, PhoneSummary, Place } from "../model/phone";
import { Audio } from "./audio";
import type { Levels } from "./audio";
import { configuration, refusalWords } from "./sip";
import { joinTabs } from "./tabs";
import type { Tabs } from "./tabs";

const REGISTER_RETRY_MS = 4000;
/** An unknown DN or a wrong password won't cure itself: leave the registrar in peace. */
const REGISTER_REFUSED_RETRY_MS = 60_000;
const MICROPHONE_MS_MAX = 1500;
/** How long a phone that was handed over stays reachable here if the new one doesn't register. */
const HAND_OVER_MS_MAX = 3000;
/** How long a call that the agent dialled may take to reach the agent's own phone. */
const OWN_CALL_MS_MAX = 8000;
/** A phone that is told to answer at once should not strike first. */
const RING_AFTER_MS = 250;
/** An own call that nobody told to answer has to be noticed after all. */
const OWN_RING_AFTER_MS = 2000;
const TALK = "application/vnd.cordboard.talk";
const HOLD = "application/vnd.cordboard.hold";

export class Softphone {
  readonly audio: Audio;
  private settings: PhoneSettings | null = null;
  private tabs: Tabs | null = null;
  private ua: UA | null = null;
  private handedOver: UA | null = null;
  private session: RTCSession | null = null;
  private answering = false;
  private retry: number | null = null;
  private ringing: number | null = null;
  private dialledAt = -OWN_CALL_MS_MAX;

  constructor(
    private readonly place: Place,
    private readonly dispatch: (event: PhoneEvent) => void,
    private readonly summary: () => PhoneSummary,
    private readonly onSignedOutElsewhere: () => void,
  ) {
    debug.disable();
    this.audio = new Audio(
      (event) => this.tell(event),
      (track) => this.useTrack(track),
    );
  }

  private tell(event: PhoneEvent): void {
    this.dispatch(event);
    this.tabs?.announce();
  }

  /** Takes the phone when this tab is to have it; otherwise shows who has it. */
  start(settings: PhoneSettings): void {
    if (this.settings?.dn === settings.dn && this.tabs !== null) return;
    this.stop();
    this.settings = settings;
    this.tell({ type: "configured", dn: settings.dn });
    this.tabs = joinTabs(this.place, {
      onOwned: () => this.register(),
      onElsewhere: (summary) => this.onElsewhere(summary),
      onWanted: () => this.stepAside(),
      onMute: (muted) => this.setMuted(muted),
      onDialling: (expected) => this.expectOwnCall(expected),
      onSignedOut: this.onSignedOutElsewhere,
      summary: this.summary,
    });
  }

  /** Credentials of TURN servers end: later calls take these. */
  useServers(servers: PhoneSettings["iceServers"]): void {
    if (this.settings !== null) this.settings = { ...this.settings, iceServers: servers };
  }

  /** Sign-out: the DN goes out of service and the microphone is closed. */
  stop(): void {
    const { tabs } = this;
    if (tabs === null) return;
    this.tabs = null;
    this.settings = null;
    this.unregister();
    this.stopRinging();
    this.audio.play(null);
    this.audio.closeMicrophone();
    tabs.leave();
    this.tell({ type: "stopped" });
  }

  tellSignedOut(): void {
    this.tabs?.signedOut();
  }

  /** Asks the tab that has the phone to hand it over. */
  takeOver(): void {
    this.tabs?.want();
  }

  /** The registration here ends when the other tab's has taken its place: a DN between two phones
   * would be out of service, and its agent could not go Ready. */
  private stepAside(): void {
    const { tabs, ua } = this;
    if (this.session !== null || ua === null) return;
    this.forgetRetry();
    this.ua = null;
    this.handedOver = ua;
    this.tell({ type: "stopped" });
    ua.on("disconnected", () => ua.stop());
    window.setTimeout(() => ua.stop(), HAND_OVER_MS_MAX);
    tabs?.release();
  }

  private onElsewhere(summary: PhoneSummary): void {
    if (summary.registration === "registered") {
      this.handedOver?.stop();
      this.handedOver = null;
    }
    this.tell({ type: "ownedElsewhere", summary });
  }

  private register(): void {
    const { settings } = this;
    if (settings === null) return;
    this.tell({ type: "owned" });
    const ua = new UA(configuration(settings));
    this.ua = ua;
    ua.on("connecting", () => this.tell({ type: "registration", state: "connecting" }));
    ua.on("connected", () => this.tell({ type: "registration", state: "registering" }));
    ua.on("disconnected", () => this.onDisconnected(ua));
    ua.on("registered", () => this.tell({ type: "registration", state: "registered" }));
    ua.on("unregistered", () => this.onUnregistered(ua));
    ua.on("registrationFailed", (event) => {
      const code = event.response?.status_code ?? 0;
      this.onRegistrationFailed(ua, code, String(event.cause ?? ""));
    });
    ua.on("newRTCSession", (event: RTCSessionEvent) => {
      if (this.ua === ua && isIncoming(event)) this.onIncoming(event);
    });
    ua.start();
  }

  private onDisconnected(ua: UA): void {
    if (this.ua === ua) this.tell({ type: "registration", state: "connecting" });
  }

  private onUnregistered(ua: UA): void {
    if (this.ua === ua && ua.isConnected()) this.retryRegistration(ua, REGISTER_RETRY_MS);
  }

  private onRegistrationFailed(ua: UA, code: number, cause: string): void {
    if (this.ua !== ua || !ua.isConnected()) return;
    const refused = code === 403 || code === 404;
    this.tell({ type: "registration", state: "failed", failure: refusalWords(code, cause) });
    this.retryRegistration(ua, refused ? REGISTER_REFUSED_RETRY_MS : REGISTER_RETRY_MS);
  }

  private forgetRetry(): void {
    if (this.retry !== null) window.clearTimeout(this.retry);
    this.retry = null;
  }

  private retryRegistration(ua: UA, afterMs: number): void {
    this.forgetRetry();
    this.retry = window.setTimeout(() => {
      if (this.ua === ua && ua.isConnected()) ua.register();
    }, afterMs);
  }

  /** Tries again at once, for the person who has just mended the cause. */
  registerNow(): void {
    if (this.ua?.isConnected() === true) this.ua.register();
  }

  private unregister(): void {
    this.forgetRetry();
    this.handedOver?.stop();
    this.handedOver = null;
    const { ua } = this;
    this.ua = null;
    this.session = null;
    ua?.stop();
  }

  private onIncoming({ session, request }: IncomingRTCSessionEvent): void {
    const resumes = request.getHeader("X-Cordboard-Resume") === "1";
    if (this.session !== null && !resumes) {
      session.terminate({ status_code: 486 });
      return;
    }
    // The server has given the call a new leg: the old one's media ends without a BYE, which would
    // end the call itself.
    this.session?.connection?.close();
    this.session = session;
    this.answering = false;
    const own = !resumes && performance.now() - this.dialledAt < OWN_CALL_MS_MAX;
    this.dialledAt = -OWN_CALL_MS_MAX;
    this.tell({
      type: "incoming",
      own,
      at: Date.now(),
      callUuid: request.getHeader("X-Genesys-CallUUID") ?? null,
      from: request.from.uri.user ?? "",
    });
    this.follow(session);
    if (resumes) void this.answer();
    else this.ringAfter(own ? OWN_RING_AFTER_MS : RING_AFTER_MS);
  }

  /** The agent dials: the next call is the agent's own and must not sound like a caller. */
  dialling(expected: boolean): void {
    this.expectOwnCall(expected);
    this.tabs?.dialling(expected);
  }

  private expectOwnCall(expected: boolean): void {
    this.dialledAt = expected ? performance.now() : -OWN_CALL_MS_MAX;
  }

  private ringAfter(ms: number): void {
    this.stopRinging();
    this.ringing = window.setTimeout(() => this.audio.startRinging(), ms);
  }

  private stopRinging(): void {
    if (this.ringing !== null) window.clearTimeout(this.ringing);
    this.ringing = null;
    this.audio.stopRinging();
  }

  private follow(session: RTCSession): void {
    const current = () => this.session === session;
    session.on("peerconnection", ({ peerconnection }) => this.listenTo(peerconnection));
    // The far end is reachable as it is and learns our address from our first packet: candidates
    // that are still being gathered must not hold up the answer.
    session.on("icecandidate", (event) => event.ready());
    session.on("accepted", () => {
      if (current()) this.tell({ type: "talking", at: Date.now() });
    });
    session.on("hold", () => current() && this.tell({ type: "held" }));
    session.on("unhold", () => current() && this.tell({ type: "resumed" }));
    session.on("muted", () => current() && this.tell({ type: "muted", muted: true }));
    session.on("unmuted", () => current() && this.tell({ type: "muted", muted: false }));
    session.on("newInfo", (event: IncomingInfoEvent | OutgoingInfoEvent) => {
      if (current() && event.originator === "remote") this.obey(event.info.contentType);
    });
    session.on("ended", (event) => current() && this.onOver(event.cause));
    session.on("failed", (event) => current() && this.onOver(event.cause));
  }

  private listenTo(connection: RTCPeerConnection): void {
    connection.addEventListener("track", (event) => {
      this.audio.play(event.streams[0] ?? new MediaStream([event.track]));
    });
  }

  /** The server's word for what the agent clicked in the desktop. Repeats do nothing. */
  private obey(contentType: string): void {
    const { session } = this;
    if (contentType.startsWith(TALK)) {
      if (session?.isEstablished() === true) session.unhold();
      else void this.answer();
    } else if (contentType.startsWith(HOLD) && session?.isEstablished() === true) {
      session.hold();
    }
  }

  async answer(): Promise<void> {
    const { session, settings } = this;
    if (session === null || settings === null || this.answering) return;
    this.answering = true;
    this.stopRinging();
    this.tell({ type: "answering" });
    const mediaStream = await this.microphoneInTime();
    if (this.session !== session || !session.isInProgress()) return;
    for (const track of mediaStream.getAudioTracks()) track.enabled = true;
    session.answer({
      mediaStream,
      pcConfig: {
        iceServers: [...settings.iceServers],
        bundlePolicy: "max-bundle",
        rtcpMuxPolicy: "require",
      },
    });
  }

  /** A permission prompt nobody looks at must not lose the caller: silence until it is answered. */
  private microphoneInTime(): Promise<MediaStream> {
    const late = new Promise<MediaStream>((resolve) => {
      window.setTimeout(() => resolve(this.audio.silence()), MICROPHONE_MS_MAX);
    });
    return Promise.race([this.audio.microphone(), late]);
  }

  private useTrack(track: MediaStreamTrack): void {
    const { session } = this;
    if (session === null || !session.isEstablished()) return;
    track.enabled = session.isMuted().audio !== true && session.isOnHold().local !== true;
    for (const sender of session.connection.getSenders()) {
      if (sender.track?.kind === "audio") void sender.replaceTrack(track);
    }
  }

  /** In whichever tab the phone is. */
  mute(muted: boolean): void {
    if (this.session === null) this.tabs?.mute(muted);
    else this.setMuted(muted);
  }

  private setMuted(muted: boolean): void {
    if (muted) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  hangUp(): void {
    const { session } = this;
    if (session === null) return;
    session.terminate(session.isEstablished() ? {} : { status_code: 486 });
  }

  private onOver(cause: string): void {
    this.session = null;
    this.answering = false;
    this.stopRinging();
    this.audio.play(null);
    this.audio.unmuteMicrophone();
    this.tell({ type: "ended", cause });
  }

  levels(): Levels {
    return this.audio.levels();
  }
}

function isIncoming(event: RTCSessionEvent): event is IncomingRTCSessionEvent {
  return event.originator === "remote";
}
