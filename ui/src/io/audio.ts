// Everything about sound that is not SIP: the microphone held open since sign-in, where the far
// end is played, the ring tone, the level meters, and which devices there are.

import type { AudioDevice, Microphone, PhoneEvent } from "../model/phone";
import { keep, kept } from "./keep";

export interface Levels {
  readonly microphone: number;
  readonly speaker: number;
}

const RING_EVERY_MS = 2600;
const METER_SAMPLES = 512;

export class Audio {
  private context: AudioContext | null = null;
  private stream: MediaStream | null = null;
  private opening: Promise<MediaStream> | null = null;
  private microphoneMeter: Meter | null = null;
  private speakerMeter: Meter | null = null;
  private remote: MediaStream | null = null;
  private ring: number | null = null;
  private readonly player = document.createElement("audio");
  private readonly samples = new Float32Array(METER_SAMPLES);

  constructor(
    private readonly tell: (event: PhoneEvent) => void,
    private readonly onInputChanged: (track: MediaStreamTrack) => void,
  ) {
    this.player.autoplay = true;
    this.setVolume(Number(kept("volume") ?? "1"));
    this.tell({ type: "headsetSet", headset: this.headset });
    this.tell({ type: "inputChosen", id: kept("input") ?? "default" });
    this.tell({ type: "outputChosen", id: kept("output") ?? "default" });
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.listDevices());
    // After a reload nobody signs in: the first touch of the page lets the sound begin.
    for (const touch of ["pointerdown", "keydown"]) {
      document.addEventListener(touch, () => this.resume());
    }
  }

  /** Called from a click: browsers let sound begin only then. */
  unlock(): void {
    this.context ??= this.newContext();
    this.resume();
    void this.microphone();
  }

  private resume(): void {
    const { context } = this;
    if (context === null) return;
    const report = () => this.tell({ type: "sound", unlocked: context.state === "running" });
    if (context.state === "running") report();
    else void context.resume().then(report, report);
    if (this.remote !== null && this.player.paused) void this.player.play().catch(report);
  }

  private newContext(): AudioContext {
    const context = new AudioContext();
    context.addEventListener("statechange", () => {
      this.tell({ type: "sound", unlocked: context.state === "running" });
    });
    return context;
  }

  /** The open microphone; a silent stream when there is none, so that a call is answered anyway. */
  microphone(): Promise<MediaStream> {
    if (this.stream?.getAudioTracks().some((track) => track.readyState === "live")) {
      return Promise.resolve(this.stream);
    }
    this.opening ??= this.openMicrophone().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async openMicrophone(): Promise<MediaStream> {
    this.tell({ type: "microphone", state: "asking" });
    const wanted = kept("input");
    try {
      // An absent device must not fail the call: the id is a wish, not a demand.
      const device = wanted === null || wanted === "default" ? {} : { deviceId: wanted };
      // Chromium's canceller swallows the agent's words when both talk; a headset needs none.
      const echo = this.headset ? { echoCancellation: false } : {};
      const audio = { ...device, ...echo };
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      this.useMicrophone(stream);
      return stream;
    } catch (error) {
      this.tell({ type: "microphone", state: refusal(error) });
      return this.silence();
    }
  }

  private useMicrophone(stream: MediaStream): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = stream;
    const track = stream.getAudioTracks()[0];
    track?.addEventListener("ended", () => {
      if (this.stream === stream) void this.microphone();
    });
    if (track !== undefined) this.onInputChanged(track);
    this.microphoneMeter?.source.disconnect();
    this.microphoneMeter = this.meter(stream);
    this.tell({ type: "microphone", state: "open" });
    // A page that listens may also sound: browsers lift the ban once the microphone is open.
    this.resume();
    void this.listDevices();
  }

  silence(): MediaStream {
    this.context ??= this.newContext();
    return this.context.createMediaStreamDestination().stream;
  }

  /** A mute ends with its call; the level meter shows so. */
  unmuteMicrophone(): void {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = true;
  }

  closeMicrophone(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.microphoneMeter = null;
    this.tell({ type: "microphone", state: "unknown" });
  }

  async chooseInput(id: string): Promise<void> {
    keep("input", id);
    this.tell({ type: "inputChosen", id });
    await this.openMicrophone();
  }

  private get headset(): boolean {
    return kept("headset") === "yes";
  }

  async setHeadset(headset: boolean): Promise<void> {
    keep("headset", headset ? "yes" : "no");
    this.tell({ type: "headsetSet", headset });
    if (this.stream !== null) await this.openMicrophone();
  }

  async chooseOutput(id: string): Promise<void> {
    keep("output", id);
    this.tell({ type: "outputChosen", id });
    await this.applyOutput();
  }

  private async applyOutput(): Promise<void> {
    const id = kept("output") ?? "default";
    const sink = id === "default" ? "" : id;
    if ("setSinkId" in this.player) await this.player.setSinkId(sink).catch(() => undefined);
    const context = this.context as (AudioContext & SinkChooser) | null;
    await context?.setSinkId?.(sink).catch(() => undefined);
  }

  setVolume(volume: number): void {
    const bounded = Number.isFinite(volume) ? Math.min(1, Math.max(0, volume)) : 1;
    this.player.volume = bounded;
    keep("volume", String(bounded));
    this.tell({ type: "volumeSet", volume: bounded });
  }

  async listDevices(): Promise<void> {
    if (navigator.mediaDevices === undefined) return;
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.tell({
      type: "audioDevices",
      inputs: named(devices, "audioinput", "Microphone"),
      outputs: named(devices, "audiooutput", "Speaker"),
      canChooseOutput: "setSinkId" in this.player,
    });
  }

  play(stream: MediaStream | null): void {
    this.remote = stream;
    this.player.srcObject = stream;
    this.speakerMeter?.source.disconnect();
    this.speakerMeter = stream === null ? null : this.meter(stream);
    if (stream === null) return;
    void this.applyOutput();
    void this.player.play().catch(() => this.tell({ type: "sound", unlocked: false }));
  }

  get remoteStream(): MediaStream | null {
    return this.remote;
  }

  startRinging(): void {
    if (this.ring !== null) return;
    const strike = () => this.strike();
    strike();
    this.ring = window.setInterval(strike, RING_EVERY_MS);
  }

  stopRinging(): void {
    if (this.ring !== null) window.clearInterval(this.ring);
    this.ring = null;
  }

  /** Four soft strokes on a glass bell: enough to notice, kind enough for the fiftieth call. */
  private strike(): void {
    this.context ??= this.newContext();
    const { context } = this;
    if (context.state !== "running") return;
    for (const [at, hertz] of [[0, 659], [0.16, 880], [0.5, 659], [0.66, 880]] as const) {
      const begin = context.currentTime + at;
      for (const [factor, loudness] of [[1, 0.16], [2.76, 0.035]] as const) {
        const tone = new OscillatorNode(context, { frequency: hertz * factor });
        const gain = new GainNode(context, { gain: 0 });
        gain.gain.setValueAtTime(0, begin);
        gain.gain.linearRampToValueAtTime(loudness * this.player.volume, begin + 0.008);
        gain.gain.exponentialRampToValueAtTime(0.0001, begin + 0.9);
        tone.connect(gain).connect(context.destination);
        tone.start(begin);
        tone.stop(begin + 1);
      }
    }
  }

  private meter(stream: MediaStream): Meter | null {
    this.context ??= this.newContext();
    if (stream.getAudioTracks().length === 0) return null;
    const analyser = new AnalyserNode(this.context, { fftSize: METER_SAMPLES });
    const source = this.context.createMediaStreamSource(stream);
    source.connect(analyser);
    return { source, analyser };
  }

  /** Loudness now, 0 to 1 on a scale that follows the ear (60 dB wide). */
  levels(): Levels {
    return { microphone: this.read(this.microphoneMeter), speaker: this.read(this.speakerMeter) };
  }

  private read(meter: Meter | null): number {
    if (meter === null) return 0;
    meter.analyser.getFloatTimeDomainData(this.samples);
    const sum = this.samples.reduce((total, sample) => total + sample * sample, 0);
    const decibels = 10 * Math.log10(sum / METER_SAMPLES + 1e-9);
    return Math.min(1, Math.max(0, (decibels + 60) / 55));
  }
}

interface Meter {
  readonly source: MediaStreamAudioSourceNode;
  readonly analyser: AnalyserNode;
}

interface SinkChooser {
  readonly setSinkId?: (id: string) => Promise<void>;
}

function refusal(error: unknown): Microphone {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError" ? "denied" : "missing";
}

function named(
  devices: readonly MediaDeviceInfo[],
  kind: MediaDeviceKind,
  fallback: string,
): readonly AudioDevice[] {
  return devices
    .filter((device) => device.kind === kind && device.deviceId !== "")
    .map((device, index) => ({
      id: device.deviceId,
      label: device.label || `${fallback} ${index + 1}`,
    }));
}
