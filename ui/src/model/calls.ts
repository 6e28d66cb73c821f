// The agent's live calls as the server tells them, and the call whose after-call work is open.

import type { Call, CallPush, UserData } from "./facts";

export interface LiveCall extends Call {
  /** Server stamp of the newest fact applied. */
  readonly stamp: number | null;
  /** Local times in ms. */
  readonly ringingAt: number;
  readonly phaseSince: number;
  readonly establishedAt: number | null;
  readonly noAnswerSeconds: number | null;
  readonly wrapUpSeconds: number | null;
}

/** A call that was talked on and is over: what after-call work is about. */
export interface WrapUp {
  readonly call: LiveCall;
  readonly endedAt: number;
  /** The server put the agent into after-call work for it. */
  readonly confirmed: boolean;
}

export interface CallsState {
  readonly live: readonly LiveCall[];
  readonly wrapUp: WrapUp | null;
  readonly snapshotStamp: number | null;
  /** Calls known to be over, so that a late push can't bring one back. */
  readonly ended: readonly Ended[];
}

interface Ended {
  readonly id: string;
  readonly stamp: number | null;
}

export const NO_CALLS: CallsState = { live: [], wrapUp: null, snapshotStamp: null, ended: [] };

const ENDED_KEPT_MAX = 32;

export function applySnapshot(
  state: CallsState,
  pushes: readonly CallPush[],
  stamp: number | null,
  at: number,
): CallsState {
  const present = pushes.filter((push) => push.call.phase !== "Released");
  const live = present.map((push) => {
    const known = state.live.find((call) => call.id === push.call.id);
    return merge(known, push, at, stamp);
  });
  const gone = state.live.filter((call) => !live.some((kept) => kept.id === call.id));
  const over = gone.filter((call) => call.establishedAt !== null);
  const talked = over.find((call) => call.callType !== "Consult") ?? over[0];
  return {
    live,
    wrapUp: talked ? { call: talked, endedAt: at, confirmed: false } : state.wrapUp,
    snapshotStamp: stamp,
    ended: remember(state.ended, gone.map((call) => ({ id: call.id, stamp: call.stamp }))),
  };
}

export function applyPush(state: CallsState, push: CallPush, at: number): CallsState {
  const known = state.live.find((call) => call.id === push.call.id);
  if (isStale(state, known, push.stamp) || isOver(state, push)) return state;
  if (push.call.phase === "Released") return release(state, known, push, at);
  const next = merge(known, push, at, null);
  return {
    ...state,
    live: known
      ? state.live.map((call) => (call.id === next.id ? next : call))
      : [...state.live, next],
  };
}

function isStale(state: CallsState, known: LiveCall | undefined, stamp: number | null): boolean {
  if (stamp === null) return false;
  const newest = known?.stamp ?? state.snapshotStamp;
  return newest !== null && stamp < newest;
}

/**
 * A call that went back to its queue may ring the same agent again under the same id: the server's
 * clock tells that from a late push, and without it only ringing counts as new.
 */
function isOver(state: CallsState, push: CallPush): boolean {
  const ended = state.ended.find((item) => item.id === push.call.id);
  if (ended === undefined) return false;
  if (ended.stamp !== null && push.stamp !== null) return push.stamp <= ended.stamp;
  return push.call.phase !== "Ringing" && push.call.phase !== "Dialing";
}

function release(
  state: CallsState,
  known: LiveCall | undefined,
  push: CallPush,
  at: number,
): CallsState {
  const ended = remember(state.ended, [{ id: push.call.id, stamp: push.stamp }]);
  const live = state.live.filter((call) => call.id !== push.call.id);
  if (known === undefined || known.establishedAt === null) return { ...state, live, ended };
  // A consultation is part of the work on the call it was about.
  const aside = known.callType === "Consult" && (live.length > 0 || state.wrapUp !== null);
  if (aside) return { ...state, live, ended };
  const call = { ...merge(known, push, at, null), userData: lastUserData(known, push) };
  return { ...state, live, ended, wrapUp: { call, endedAt: at, confirmed: false } };
}

/** A Released push may come without the attached data; the last known data stays readable. */
function lastUserData(known: LiveCall, push: CallPush): UserData {
  return Object.keys(push.call.userData).length > 0 ? push.call.userData : known.userData;
}

function merge(
  known: LiveCall | undefined,
  push: CallPush,
  at: number,
  snapshotStamp: number | null,
): LiveCall {
  const { call } = push;
  const began = at - call.durationSeconds * 1000;
  const samePhase = known?.phase === call.phase;
  const talking = call.phase === "Established" || call.phase === "Held";
  return {
    ...call,
    ani: call.ani ?? known?.ani ?? null,
    dnis: call.dnis ?? known?.dnis ?? null,
    stamp: push.stamp ?? snapshotStamp ?? known?.stamp ?? null,
    ringingAt: known?.ringingAt ?? (talking ? at : began),
    phaseSince: samePhase ? known.phaseSince : at,
    establishedAt: known?.establishedAt ?? (talking ? talkingSince(known, at, began) : null),
    noAnswerSeconds: push.noAnswerSeconds ?? known?.noAnswerSeconds ?? null,
    wrapUpSeconds: push.wrapUpSeconds ?? known?.wrapUpSeconds ?? null,
  };
}

/** We saw it ring: talking begins now. First seen while talking (a reload): trust `duration`. */
function talkingSince(known: LiveCall | undefined, at: number, began: number): number {
  return known === undefined ? began : at;
}

function remember(ended: readonly Ended[], over: readonly Ended[]): readonly Ended[] {
  const others = ended.filter((item) => !over.some((fresh) => fresh.id === item.id));
  return [...others, ...over].slice(-ENDED_KEPT_MAX);
}

/** The agent's state as pushed decides how long after-call work stays open. */
export function applyAgentStatus(state: CallsState, inAfterCallWork: boolean): CallsState {
  const { wrapUp } = state;
  if (wrapUp === null) return state;
  if (inAfterCallWork) {
    return wrapUp.confirmed ? state : { ...state, wrapUp: { ...wrapUp, confirmed: true } };
  }
  return wrapUp.confirmed ? { ...state, wrapUp: null } : state;
}

export function closeWrapUp(state: CallsState): CallsState {
  return state.wrapUp === null ? state : { ...state, wrapUp: null };
}
