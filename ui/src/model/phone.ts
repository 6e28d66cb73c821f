// The softphone's facts: what the SIP stack, the microphone and the other tabs reported.

export type Registration = "off" | "connecting" | "registering" | "registered" | "failed";
export type Microphone = "unknown" | "asking" | "open" | "denied" | "missing";
export type PhoneCallPhase = "ringing" | "answering" | "talking" | "held";
export type Place = "desktop" | "phone";

export interface PhoneCall {
  readonly phase: PhoneCallPhase;
  /** `X-Genesys-CallUUID` of the INVITE: the same id as the pushed call's. */
  readonly callUuid: string | null;
  readonly from: string;
  readonly ringingAt: number;
  readonly answeredAt: number | null;
  readonly muted: boolean;
  /** Dialled by the agent: this phone is called first and told to answer. */
  readonly own: boolean;
}

/** What the tab that has the phone tells the others. */
export interface PhoneSummary {
  readonly place: Place;
  readonly dn: string;
  readonly registration: Registration;
  readonly call: PhoneCall | null;
}

export interface AudioDevice {
  readonly id: string;
  readonly label: string;
}

export interface PhoneState {
  /** Whether this tab has the phone, waits for it, or another tab has it. */
  readonly role: "waiting" | "owner" | "elsewhere";
  readonly elsewhere: PhoneSummary | null;
  readonly dn: string;
  readonly registration: Registration;
  readonly failure: string | null;
  readonly microphone: Microphone;
  readonly soundUnlocked: boolean;
  readonly inputs: readonly AudioDevice[];
  readonly outputs: readonly AudioDevice[];
  readonly inputId: string;
  readonly outputId: string;
  readonly canChooseOutput: boolean;
  readonly volume: number;
  /** With a headset the microphone can't hear the speaker, so no echo has to be cancelled. */
  readonly headset: boolean;
  readonly call: PhoneCall | null;
  readonly lastEnd: string | null;
}

export const NO_PHONE: PhoneState = {
  role: "waiting",
  elsewhere: null,
  dn: "",
  registration: "off",
  failure: null,
  microphone: "unknown",
  soundUnlocked: false,
  inputs: [],
  outputs: [],
  inputId: "default",
  outputId: "default",
  canChooseOutput: false,
  volume: 1,
  headset: false,
  call: null,
  lastEnd: null,
};

export type PhoneEvent =
  | { readonly type: "configured"; readonly dn: string }
  | { readonly type: "owned" }
  | { readonly type: "ownedElsewhere"; readonly summary: PhoneSummary }
  | { readonly type: "stopped" }
  | { readonly type: "registration"; readonly state: Registration; readonly failure?: string }
  | { readonly type: "microphone"; readonly state: Microphone }
  | { readonly type: "sound"; readonly unlocked: boolean }
  | {
      readonly type: "audioDevices";
      readonly inputs: readonly AudioDevice[];
      readonly outputs: readonly AudioDevice[];
      readonly canChooseOutput: boolean;
    }
  | { readonly type: "inputChosen"; readonly id: string }
  | { readonly type: "outputChosen"; readonly id: string }
  | { readonly type: "volumeSet"; readonly volume: number }
  | { readonly type: "headsetSet"; readonly headset: boolean }
  | {
      readonly type: "incoming";
      readonly at: number;
      readonly callUuid: string | null;
      readonly from: string;
      readonly own: boolean;
    }
  | { readonly type: "answering" }
  | { readonly type: "talking"; readonly at: number }
  | { readonly type: "held" }
  | { readonly type: "resumed" }
  | { readonly type: "muted"; readonly muted: boolean }
  | { readonly type: "ended"; readonly cause: string };

export function phoneReducer(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case "configured":
      return { ...state, dn: event.dn };
    case "owned":
      return { ...state, role: "owner", elsewhere: null };
    case "ownedElsewhere":
      return { ...state, role: "elsewhere", elsewhere: event.summary, registration: "off" };
    case "stopped":
      return { ...state, role: "waiting", elsewhere: null, registration: "off", call: null };
    case "registration":
      return { ...state, registration: event.state, failure: event.failure ?? null };
    case "microphone":
      return { ...state, microphone: event.state };
    case "sound":
      return { ...state, soundUnlocked: event.unlocked };
    case "audioDevices":
      return {
        ...state,
        inputs: event.inputs,
        outputs: event.outputs,
        canChooseOutput: event.canChooseOutput,
      };
    case "inputChosen":
      return { ...state, inputId: event.id };
    case "outputChosen":
      return { ...state, outputId: event.id };
    case "volumeSet":
      return { ...state, volume: event.volume };
    case "headsetSet":
      return { ...state, headset: event.headset };
    case "incoming":
      return {
        ...state,
        lastEnd: null,
        call: {
          phase: "ringing",
          callUuid: event.callUuid,
          from: event.from,
          ringingAt: event.at,
          answeredAt: null,
          muted: false,
          own: event.own,
        },
      };
    case "answering":
      return withCall(state, (call) => ({ ...call, phase: "answering" }));
    case "talking":
      return withCall(state, (call) => ({
        ...call,
        phase: "talking",
        answeredAt: call.answeredAt ?? event.at,
      }));
    case "held":
      return withCall(state, (call) => ({ ...call, phase: "held" }));
    case "resumed":
      return withCall(state, (call) => ({ ...call, phase: "talking" }));
    case "muted":
      return withCall(state, (call) => ({ ...call, muted: event.muted }));
    case "ended":
      return { ...state, call: null, lastEnd: event.cause };
  }
}

function withCall(state: PhoneState, change: (call: PhoneCall) => PhoneCall): PhoneState {
  return state.call === null ? state : { ...state, call: change(state.call) };
}

/** What this agent's phone is doing, in whichever tab it lives. */
export function effectivePhone(state: PhoneState): PhoneSummary {
  if (state.role === "elsewhere" && state.elsewhere !== null) return state.elsewhere;
  return { place: "desktop", dn: state.dn, registration: state.registration, call: state.call };
}
