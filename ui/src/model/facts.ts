// The facts that the server tells, as the views use them. Nothing here is decided by the browser.

export type CallPhase = "Dialing" | "Ringing" | "Established" | "Held" | "Released";

/** Attached data is a list of pairs whose values may again be such a list. */
export type UserValue = string | { readonly [key: string]: UserValue };
export type UserData = { readonly [key: string]: UserValue };

export interface Call {
  readonly id: string;
  readonly callUuid: string;
  readonly phase: CallPhase;
  readonly callType: string;
  readonly ani: string | null;
  readonly dnis: string | null;
  readonly parties: readonly string[];
  readonly capabilities: readonly string[];
  readonly userData: UserData;
  readonly durationSeconds: number;
  /** The microphone as the server has it; the phone has a mute of its own. */
  readonly muted: boolean;
  /** Why a dialled call did not come about. */
  readonly failure: string | null;
  /** The call that this one consults about, and the one that consults about this. */
  readonly parentId: string | null;
  readonly consultId: string | null;
  /** A supervisor hears this call; this person is the supervisor. */
  readonly supervised: boolean;
  readonly monitoring: boolean;
  /** null: this call was never recorded. */
  readonly recording: RecordingState | null;
}

export const RECORDING_STATES = ["Recording", "Paused", "Stopped", "Failed"] as const;
export type RecordingState = (typeof RECORDING_STATES)[number];

export interface CallPush {
  readonly call: Call;
  /** Server clock in ms; null when the server did not say. */
  readonly stamp: number | null;
  readonly noAnswerSeconds: number | null;
  readonly wrapUpSeconds: number | null;
}

export type AgentStatus = "LoggedOut" | "LoggedIn" | "NotReady" | "Ready" | "AfterCallWork";

export interface Device {
  readonly id: string;
  readonly dn: string;
  readonly inService: boolean;
  readonly status: AgentStatus;
  readonly reason: string | null;
  /** When after-call work ends by itself, in ms of the server's clock. */
  readonly wrapUpEndsAt: number | null;
  readonly doNotDisturb: boolean;
  readonly forwardTo: string | null;
  readonly capabilities: readonly string[];
  readonly monitoring: Monitoring | null;
}

export type MonitorMode = "ListenIn" | "Coach" | "BargeIn";

/** A supervisor's present monitoring; what the server leaves out is null. */
export interface Monitoring {
  readonly mode: MonitorMode | null;
  readonly target: string | null;
}

/** A person of the site who can be called. */
export interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly number: string;
}

export type DevicePush =
  | { readonly kind: "devices"; readonly devices: readonly Device[]; readonly stamp: number | null }
  | { readonly kind: "error"; readonly message: string };

export interface Skill {
  readonly name: string;
  readonly level: number;
}

export type Role = "ROLE_AGENT" | "ROLE_SUPERVISOR" | "ROLE_ADMIN";

export interface User {
  readonly id: string;
  readonly userName: string;
  readonly fullName: string;
  readonly employeeId: string;
  readonly roles: readonly string[];
  readonly features: readonly string[];
  readonly skills: readonly Skill[];
}

export interface Snapshot {
  readonly user: User;
  readonly devices: readonly Device[];
  readonly calls: readonly CallPush[];
  readonly stamp: number | null;
}

export interface Contact {
  readonly at: string;
  readonly channel: string;
  readonly subject: string;
  readonly agent: string;
  readonly outcome: string;
}

export interface Customer {
  readonly customerId: string;
  readonly name: string;
  readonly accountType: string;
  readonly phoneNumber: string;
  readonly reason: string;
  readonly contacts: readonly Contact[];
}

export interface PhoneSettings {
  readonly dn: string;
  readonly sipUri: string;
  readonly authorizationUser: string;
  readonly password: string;
  readonly websocketPath: string;
  readonly iceServers: readonly RTCIceServer[];
  readonly displayName: string;
}

export const NOT_READY_REASONS = ["Break", "Lunch", "Training", "Meeting"] as const;
