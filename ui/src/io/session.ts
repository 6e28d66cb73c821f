// One signed-in person at one page: reads the state, opens the push, starts the phone, and carries
// out what the views ask for. It decides nothing about calls or agents: it asks the server and lets
// the pushes tell what came of it.

import { failureWords, otherNumber } from "../model/controls";
import { OPENING, deskReducer, isAgent } from "../model/desk";
import type { DeskEvent, DeskState } from "../model/desk";
import type { CallPush, DevicePush } from "../model/facts";
import { phoneNumber } from "../model/format";
import { NO_LEVELS } from "../model/levels";
import type { Levels } from "../model/levels";
import { effectivePhone } from "../model/phone";
import type { PhoneSummary } from "../model/phone";
import { createStore } from "../model/store";
import type { Store } from "../model/store";
import { openPush } from "./bayeux";
import { keepRecent, keptRecent } from "./recent";
import type { Push } from "./bayeux";
import { Intents } from "./intents";
import { People } from "./people";
import { Softphone } from "./phone";
import * as rest from "./rest";
import { RestError } from "./rest";

export type Page =
  "admin" | "call" | "desktop" | "phone" | "monitor" | "recordings" | "wallboard";

const SESSION_RETRY_MS = 2000;
const NOTICE_MS = 20_000;
const LEVELS_MS = 1000;
/** Half a day before credentials of TURN servers end, at the least. */
const SERVERS_MS = 6 * 3600 * 1000;

export class DeskSession {
  readonly store: Store<DeskState, DeskEvent> = createStore(deskReducer, OPENING);
  readonly phone: Softphone;
  readonly intents = new Intents(
    this.store,
    (error) => this.fail(error, null),
    (number) => this.onCalled(number),
    (expected) => this.phone.dialling(expected),
  );
  readonly people = new People();
  readonly levels: Store<Levels, Levels> = createStore((_, levels) => levels, NO_LEVELS);
  private push: Push | null = null;
  /** Pushes that arrive while the state is being read wait for it. */
  private waiting: DeskEvent[] | null = null;
  private sessionRetry: number | null = null;
  private renewal: number | undefined;
  private levelsOld: number | undefined;

  constructor(readonly page: Page) {
    this.phone = new Softphone(
      page === "phone" ? "phone" : "desktop",
      (event) => this.store.dispatch({ type: "phone", event }),
      () => this.summary(),
      () => this.leave("You signed out in another tab."),
    );
    this.store.subscribe(() => this.follow());
  }

  private get state(): DeskState {
    return this.store.state();
  }

  private get hasPhone(): boolean {
    return this.page === "desktop" || this.page === "phone";
  }

  private summary(): PhoneSummary {
    const { dn, registration, call } = this.state.phone;
    return { place: this.page === "phone" ? "phone" : "desktop", dn, registration, call };
  }

  /** On page load: is somebody signed in already? */
  async open(): Promise<void> {
    try {
      await this.enter();
    } catch (error) {
      if (error instanceof RestError && error.signedOut) this.signedOut(null);
      else this.store.dispatch({ type: "unreachable", message: words(error) });
    }
  }

  /** Runs inside the click, so that the browser lets the microphone and the sound begin. */
  async signIn(username: string, password: string): Promise<void> {
    this.store.dispatch({ type: "signingIn" });
    if (this.hasPhone) this.phone.audio.unlock();
    try {
      await rest.signIn(username, password);
      await this.enter();
    } catch (error) {
      this.phone.audio.closeMicrophone();
      this.signedOut(words(error));
    }
  }

  private async enter(): Promise<void> {
    const snapshot = await rest.readMe();
    this.store.dispatch({ type: "snapshot", at: Date.now(), snapshot });
    void this.checkVersion();
    if (!this.hasPhone) return;
    this.store.dispatch({ type: "recentKnown", numbers: keptRecent(snapshot.user.userName) });
    // Somebody is logged in as this agent: unless it is this very session, the phone stays theirs.
    const seated = this.state.agent.status === "LoggedOut" || (await this.startSession());
    if (seated) void this.startPhone();
    if (this.page === "desktop") {
      this.push ??= openPush({
        onCall: (push) => this.onCall(push),
        onDevices: (push) => this.onDevices(push),
        onLevels: (levels) => this.onLevels(levels),
        onLink: (live) => this.onLink(live),
        onSubscribed: () => void this.refresh(),
        onRefused: () => void this.checkSignedIn(),
      });
      if (!this.state.demo) void this.lookForDemo();
    }
  }

  private async startPhone(): Promise<void> {
    try {
      const settings = await rest.readPhoneSettings();
      this.phone.audio.unlock();
      this.phone.start(settings);
      this.renewal ??= window.setInterval(() => void this.renewServers(), SERVERS_MS);
    } catch (error) {
      const none = error instanceof RestError && (error.notFound || error.notAllowed);
      if (none) this.store.dispatch({ type: "phoneless" });
      else this.fail(error, "The phone could not be set up");
    }
  }

  private async renewServers(): Promise<void> {
    if (this.state.stage.kind !== "signedIn") return;
    // What fails now is tried again the next time; the old ones are good until then.
    const settings = await rest.readPhoneSettings().catch(() => null);
    if (settings !== null) this.phone.useServers(settings.iceServers);
  }

  private async lookForDemo(): Promise<void> {
    const features = await rest.readFeatures().catch((): readonly string[] => []);
    if (features.includes("demo")) this.store.dispatch({ type: "demoOffered" });
  }

  private async checkVersion(): Promise<void> {
    const version = await rest.readVersion().catch(() => "");
    if (version !== "") this.store.dispatch({ type: "versionSeen", version });
  }

  /** Subscribed, now read: what was pushed meanwhile is applied after what was read. */
  private async refresh(): Promise<void> {
    this.waiting ??= [];
    try {
      const snapshot = await rest.readMe();
      this.store.dispatch({ type: "snapshot", at: Date.now(), snapshot });
      void this.checkVersion();
      // A restarted server knows the login but not the session: it is started again.
      if (this.state.agent.status === "LoggedOut" && this.state.session === "started") {
        this.store.dispatch({ type: "session", session: "none" });
      }
    } catch (error) {
      if (error instanceof RestError && error.signedOut) this.leave("Your session has ended.");
    } finally {
      const waited = this.waiting ?? [];
      this.waiting = null;
      for (const event of waited) this.store.dispatch(event);
    }
  }

  private async checkSignedIn(): Promise<void> {
    this.store.dispatch({ type: "link", link: "broken" });
    try {
      await rest.readMe();
    } catch (error) {
      if (error instanceof RestError && error.signedOut) this.leave("Your session has ended.");
    }
  }

  private onLink(live: boolean): void {
    this.store.dispatch({ type: "link", link: live ? "live" : "broken" });
    if (live) void this.checkVersion();
  }

  private onCalled(number: string): void {
    this.store.dispatch({ type: "dialled", number });
    const { stage, recent } = this.state;
    if (stage.kind === "signedIn") keepRecent(stage.user.userName, recent);
  }

  private onCall(push: CallPush): void {
    const known = this.state.calls.live.find((call) => call.id === push.call.id);
    const failure = push.call.failure ?? known?.failure ?? null;
    if (push.call.phase === "Released" && known?.phase === "Dialing" && failure !== null) {
      this.notify(failureWords(failure), phoneNumber(otherNumber(known)), "info");
    }
    this.apply({ type: "callPushed", at: Date.now(), push });
  }

  /** The last word of a conference that is over would stand for ever. */
  private onLevels(levels: Levels): void {
    window.clearTimeout(this.levelsOld);
    this.levels.dispatch(levels);
    this.levelsOld = window.setTimeout(() => this.levels.dispatch(NO_LEVELS), LEVELS_MS);
  }

  private onDevices(push: DevicePush): void {
    if (push.kind === "error") {
      this.notify(push.message, null);
    } else {
      const { devices, stamp } = push;
      this.apply({ type: "devicesPushed", at: Date.now(), devices, stamp });
    }
  }

  private apply(event: DeskEvent): void {
    if (this.waiting === null) this.store.dispatch(event);
    else this.waiting.push(event);
  }

  /** What follows from the facts: the session once the phone is there, the caller's record. */
  private follow(): void {
    const { stage, calls, customers, phone, session } = this.state;
    if (stage.kind === "signedOut" && !stage.busy && phone.call === null) this.phone.stop();
    if (stage.kind !== "signedIn" || this.page !== "desktop") return;
    const registered = effectivePhone(phone).registration === "registered";
    if (registered && session === "none" && isAgent(this.state)) void this.startSession();
    for (const call of calls.live) {
      if (customers[call.id] === undefined) void this.loadCustomer(call.id);
    }
  }

  /** Sits down again, for the person who was refused and has cleared the way. */
  async logInAgain(): Promise<void> {
    if (await this.startSession()) void this.startPhone();
  }

  /** Phone first, then the session; a registration still on its way is waited for. */
  private async startSession(): Promise<boolean> {
    this.store.dispatch({ type: "session", session: "starting" });
    try {
      await rest.startSession();
      this.store.dispatch({ type: "session", session: "started" });
    } catch (error) {
      if (!(error instanceof RestError && (error.phoneNotYet || error.unreachable))) {
        this.store.dispatch({ type: "session", session: "refused", problem: words(error) });
        return false;
      }
      this.waitForPhone();
    }
    return true;
  }

  /** An unregistered phone is waited for; one that the server has yet to notice, for a moment. */
  private waitForPhone(): void {
    const again = () => {
      if (this.state.session === "starting") {
        this.store.dispatch({ type: "session", session: "none" });
      }
    };
    if (this.sessionRetry !== null) window.clearTimeout(this.sessionRetry);
    const registered = effectivePhone(this.state.phone).registration === "registered";
    if (registered) this.sessionRetry = window.setTimeout(again, SESSION_RETRY_MS);
    else again();
  }

  private async loadCustomer(callId: string): Promise<void> {
    this.store.dispatch({ type: "customer", callId, card: { kind: "loading" } });
    const customer = await rest.readCustomer(callId).catch(() => null);
    const card = customer === null ? ({ kind: "unknown" } as const)
      : ({ kind: "known", customer } as const);
    this.store.dispatch({ type: "customer", callId, card });
  }

  private fail(error: unknown, title: string | null): void {
    if (error instanceof RestError && error.signedOut) {
      this.leave("Your session has ended.");
      return;
    }
    if (title !== null) this.notify(title, words(error));
    else if (error instanceof RestError) this.notify(error.message, error.hint);
    else this.notify(words(error), null);
  }

  private notify(title: string, hint: string | null, tone: "error" | "info" = "error"): void {
    this.store.dispatch({ type: "notice", tone, title, hint });
    const { lastId } = this.state.notices;
    window.setTimeout(() => this.dismissNotice(lastId), NOTICE_MS);
  }

  async signOut(): Promise<void> {
    const { session } = this.state;
    // Only one's own: a refused session is somebody else's, at another browser.
    if (session === "started") await rest.endSession().catch(() => undefined);
    await rest.signOut().catch(() => undefined);
    this.phone.tellSignedOut();
    this.leave(null);
  }

  /** The phone keeps a call that is up: a session that ended must not cut off a customer. */
  private leave(message: string | null): void {
    if (this.state.phone.call === null) this.phone.stop();
    this.signedOut(message);
  }

  private signedOut(message: string | null): void {
    this.push?.stop();
    this.push = null;
    this.waiting = null;
    this.people.forget();
    if (this.sessionRetry !== null) window.clearTimeout(this.sessionRetry);
    this.store.dispatch({ type: "signedOut", message });
  }

  dismissNotice(id: number): void {
    this.store.dispatch({ type: "noticeDismissed", id });
  }
}

function words(error: unknown): string {
  if (error instanceof RestError) {
    return error.hint === null ? error.message : `${error.message} ${error.hint}`;
  }
  return error instanceof Error ? error.message : "Something went wrong.";
}
