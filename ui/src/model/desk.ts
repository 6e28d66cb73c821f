// The whole desktop as one value, and the one function that changes it. What happened comes in as
// an event with its time; nothing here reads a clock or talks to anyone.

import { NO_AGENT, applyDevices } from "./agent";
import type { AgentState } from "./agent";
import {
  NO_CALLS, applyAgentStatus, applyPush, applySnapshot, closeWrapUp,
} from "./calls";
import type { CallsState } from "./calls";
import { withRecent } from "./dialling";
import type { CallPush, Customer, Device, Snapshot, User } from "./facts";
import { NO_NOTICES, addNotice, dismissNotice } from "./notices";
import type { Notice, NoticesState } from "./notices";
import { NO_PHONE, phoneReducer } from "./phone";
import type { PhoneEvent, PhoneState } from "./phone";

export type Link = "connecting" | "live" | "broken";

export type CustomerCard =
  | { readonly kind: "loading" }
  | { readonly kind: "unknown" }
  | { readonly kind: "known"; readonly customer: Customer };

/** What the agent asked for and the server has not confirmed by a push yet. */
export interface Intent {
  readonly verb: string;
  /** null: about the agent's state. */
  readonly callId: string | null;
}

export type Stage =
  | { readonly kind: "opening" }
  | { readonly kind: "unreachable"; readonly message: string }
  | { readonly kind: "signedOut"; readonly message: string | null; readonly busy: boolean }
  | { readonly kind: "signedIn"; readonly user: User };

export type Session = "none" | "starting" | "started" | "refused";

export interface DeskState {
  readonly stage: Stage;
  readonly link: Link;
  readonly session: Session;
  readonly sessionProblem: string | null;
  readonly agent: AgentState;
  readonly calls: CallsState;
  readonly customers: Readonly<Record<string, CustomerCard>>;
  readonly phone: PhoneState;
  readonly pending: readonly Intent[];
  readonly notices: NoticesState;
  /** The account has no phone: a supervisor or an administrator. */
  readonly phoneless: boolean;
  readonly demo: boolean;
  /** Numbers called from this browser by this person, the latest first. */
  readonly recent: readonly string[];
  readonly version: string | null;
  readonly newVersion: boolean;
}

/** In the place of a call's id while the call is only wished for. */
export const DIALLING = "dialling";

export const OPENING: DeskState = {
  stage: { kind: "opening" },
  link: "connecting",
  session: "none",
  sessionProblem: null,
  agent: NO_AGENT,
  calls: NO_CALLS,
  customers: {},
  phone: NO_PHONE,
  pending: [],
  notices: NO_NOTICES,
  phoneless: false,
  demo: false,
  recent: [],
  version: null,
  newVersion: false,
};

export type DeskEvent =
  | { readonly type: "unreachable"; readonly message: string }
  | { readonly type: "signingIn" }
  | { readonly type: "signedOut"; readonly message: string | null }
  | { readonly type: "snapshot"; readonly at: number; readonly snapshot: Snapshot }
  | { readonly type: "callPushed"; readonly at: number; readonly push: CallPush }
  | {
      readonly type: "devicesPushed";
      readonly at: number;
      readonly devices: readonly Device[];
      readonly stamp: number | null;
    }
  | { readonly type: "link"; readonly link: Link }
  | { readonly type: "session"; readonly session: Session; readonly problem?: string }
  | { readonly type: "customer"; readonly callId: string; readonly card: CustomerCard }
  | { readonly type: "intentSent"; readonly intent: Intent }
  | { readonly type: "intentOver"; readonly intent: Intent }
  | { readonly type: "wrapUpClosed" }
  | { readonly type: "recentKnown"; readonly numbers: readonly string[] }
  | { readonly type: "dialled"; readonly number: string }
  | {
      readonly type: "notice";
      readonly tone: Notice["tone"];
      readonly title: string;
      readonly hint: string | null;
    }
  | { readonly type: "noticeDismissed"; readonly id: number }
  | { readonly type: "phoneless" }
  | { readonly type: "demoOffered" }
  | { readonly type: "versionSeen"; readonly version: string }
  | { readonly type: "phone"; readonly event: PhoneEvent };

export function deskReducer(state: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case "unreachable":
      return { ...state, stage: { kind: "unreachable", message: event.message } };
    case "signingIn":
      return { ...state, stage: { kind: "signedOut", message: null, busy: true } };
    case "signedOut":
      return signedOut(state, event.message);
    case "snapshot":
      return withSnapshot(state, event.snapshot, event.at);
    case "callPushed":
      return withCallPush(state, event.push, event.at);
    case "devicesPushed":
      return withDevices(state, event.devices, event.stamp, event.at);
    case "link":
      return { ...state, link: event.link };
    case "session":
      return { ...state, session: event.session, sessionProblem: event.problem ?? null };
    case "customer":
      return { ...state, customers: { ...state.customers, [event.callId]: event.card } };
    case "intentSent":
      return { ...state, pending: [...withoutIntent(state.pending, event.intent), event.intent] };
    case "intentOver":
      return { ...state, pending: withoutIntent(state.pending, event.intent) };
    case "recentKnown":
      return { ...state, recent: event.numbers };
    case "dialled":
      return { ...state, recent: withRecent(state.recent, event.number) };
    case "wrapUpClosed":
      return { ...state, calls: closeWrapUp(state.calls) };
    case "notice":
      return { ...state, notices: addNotice(state.notices, event.tone, event.title, event.hint) };
    case "noticeDismissed":
      return { ...state, notices: dismissNotice(state.notices, event.id) };
    case "phoneless":
      return { ...state, phoneless: true };
    case "demoOffered":
      return { ...state, demo: true };
    case "versionSeen":
      return withVersion(state, event.version);
    case "phone":
      return { ...state, phone: phoneReducer(state.phone, event.event) };
  }
}

/** The phone is a thing of the browser, not of the account: it outlives the sign-out. */
function signedOut(state: DeskState, message: string | null): DeskState {
  const { phone, version, newVersion } = state;
  const stage: Stage = { kind: "signedOut", message, busy: false };
  return { ...OPENING, stage, phone, version, newVersion };
}

function withSnapshot(state: DeskState, snapshot: Snapshot, at: number): DeskState {
  const { stamp, user } = snapshot;
  const agent = applyDevices(state.agent, snapshot.devices, stamp, at);
  const calls = applySnapshot(state.calls, snapshot.calls, stamp, at);
  return {
    ...state,
    stage: { kind: "signedIn", user },
    agent,
    calls: applyAgentStatus(calls, agent.status === "AfterCallWork"),
    pending: [],
    demo: state.demo || user.features.includes("demo"),
  };
}

function withCallPush(state: DeskState, push: CallPush, at: number): DeskState {
  const calls = applyPush(state.calls, push, at);
  if (calls === state.calls) return state;
  return {
    ...state,
    calls: applyAgentStatus(calls, state.agent.status === "AfterCallWork"),
    pending: state.pending.filter((intent) => !isSettledBy(intent, push)),
  };
}

/** A call that begins by itself settles the wish to dial. */
function isSettledBy(intent: Intent, push: CallPush): boolean {
  if (intent.callId === DIALLING) return push.call.phase === "Dialing";
  return intent.callId === push.call.id;
}

function withDevices(
  state: DeskState,
  devices: readonly Device[],
  stamp: number | null,
  at: number,
): DeskState {
  const agent = applyDevices(state.agent, devices, stamp, at);
  if (agent === state.agent) return state;
  return {
    ...state,
    agent,
    calls: applyAgentStatus(state.calls, agent.status === "AfterCallWork"),
    pending: state.pending.filter((intent) => intent.callId !== null),
  };
}

function withVersion(state: DeskState, version: string): DeskState {
  const changed = state.version !== null && state.version !== version;
  return { ...state, version: state.version ?? version, newVersion: state.newVersion || changed };
}

function withoutIntent(pending: readonly Intent[], intent: Intent): readonly Intent[] {
  return pending.filter((item) => item.verb !== intent.verb || item.callId !== intent.callId);
}

/** A supervisor who is no agent has a phone, but nothing to log in as. */
export function isAgent({ stage }: DeskState): boolean {
  return stage.kind === "signedIn" && stage.user.roles.includes("ROLE_AGENT");
}

export function isPending(state: DeskState, verb: string, callId: string | null): boolean {
  return state.pending.some((intent) => intent.verb === verb && intent.callId === callId);
}
