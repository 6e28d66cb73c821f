// What a call offers: which button is which capability, and which call a button belongs to. The
// server's list decides; nothing is offered that it does not name.

import type { CallsState, LiveCall } from "./calls";
import type { Call } from "./facts";

/** The operations of GWS that a button of the desktop stands for. */
export type CallOperation =
  | "Hold" | "Retrieve" | "MuteCall" | "UnmuteCall" | "SendDtmf" | "SwapCalls" | "Reconnect"
  | "SingleStepTransfer" | "InitiateTransfer" | "CompleteTransfer" | "Redirect"
  | "SingleStepConference" | "InitiateConference" | "CompleteConference"
  | "RemoveParticipantFromConference" | "MergeCalls" | "ClearCall"
  | "StartRecording" | "PauseRecording" | "ResumeRecording" | "StopRecording";

export function offers(call: Call, operation: CallOperation): boolean {
  return call.capabilities.includes(operation);
}

export type Verb = "answer" | "reject" | "release" | "hold" | "retrieve" | "userdata";

/** Which of the plain buttons a call has: those whose meaning takes more than one name. */
export function allows(call: Call, verb: Verb): boolean {
  const has = (...names: readonly string[]) => names.some((n) => call.capabilities.includes(n));
  switch (verb) {
    case "answer":
      return has("Answer");
    case "reject":
      return call.phase === "Ringing" && has("Reject", "ClearCall", "Redirect", "Hangup");
    case "release":
      return call.phase !== "Ringing" && has("Hangup", "Release", "ClearCall");
    case "hold":
      return has("Hold");
    case "retrieve":
      return has("Retrieve");
    case "userdata":
      return has("UpdateUserData");
  }
}

/** The call that shortcuts act on: one being talked on before one that rings. */
export function mainCall(state: CallsState): LiveCall | null {
  const rank = { Established: 0, Dialing: 1, Ringing: 2, Held: 3, Released: 4 } as const;
  const sorted = state.live.toSorted((a, b) => rank[a.phase] - rank[b.phase]);
  return sorted[0] ?? null;
}

/** The call that this one consults about, if the agent has it too. */
export function parentOf(call: Call, live: readonly LiveCall[]): LiveCall | null {
  const others = live.filter((other) => other.id !== call.id);
  const named = others.find((other) => isNamed(other, call.parentId))
    ?? others.find((other) => isNamed(call, other.consultId));
  if (named !== undefined) return named;
  // A server that names no parent still says which call is the consultation.
  if (call.callType !== "Consult" || call.parentId !== null) return null;
  return others.find((other) => other.callType !== "Consult") ?? null;
}

function isNamed(call: Call, id: string | null): boolean {
  return id !== null && (call.id === id || call.callUuid === id);
}

/** The call that the customer's record and the attached data belong to. */
export function customerCall(state: CallsState): LiveCall | null {
  const main = mainCall(state);
  return main === null ? null : (parentOf(main, state.live) ?? main);
}

export type Place = "Active call" | "Consult call" | "Other call" | "Incoming call";

export interface PlacedCall {
  readonly call: LiveCall;
  readonly parent: LiveCall | null;
  readonly consult: LiveCall | null;
  readonly place: Place;
}

/**
 * The calls in the order in which they are shown, which holding and swapping leave as it is: a call
 * that rings, the first call, what it consults, and any others.
 */
export function placeCalls(live: readonly LiveCall[]): readonly PlacedCall[] {
  const ringing = live.filter((call) => call.phase === "Ringing");
  const rest = live.filter((call) => call.phase !== "Ringing");
  const consultOf = (call: LiveCall) =>
    rest.find((other) => parentOf(other, live)?.id === call.id) ?? null;
  const first = rest.find((call) => parentOf(call, rest) === null) ?? rest[0];
  const placed = rest.map((call): PlacedCall => {
    const parent = parentOf(call, rest);
    const place =
      call.id === first?.id ? "Active call" : parent === null ? "Other call" : "Consult call";
    return { call, parent, consult: consultOf(call), place };
  });
  const order: readonly Place[] = ["Active call", "Consult call", "Other call"];
  return [
    ...ringing.map((call): PlacedCall => {
      return { call, parent: null, consult: null, place: "Incoming call" };
    }),
    ...placed.toSorted((a, b) => order.indexOf(a.place) - order.indexOf(b.place)),
  ];
}

export type JointOperation =
  | "CompleteTransfer" | "CompleteConference" | "MergeCalls" | "SwapCalls" | "Reconnect";

/**
 * What joins or parts a call and its consultation is offered once, at the consultation; it is asked
 * of whichever of the two the server lists it for. Two calls of their own are merged at the other.
 */
export function jointTarget(placed: PlacedCall, operation: JointOperation): LiveCall | null {
  const { call, parent, consult, place } = placed;
  if (operation === "MergeCalls" && place !== "Other call") return null;
  if (consult !== null) return null;
  if (offers(call, operation)) return call;
  return parent !== null && offers(parent, operation) ? parent : null;
}

/** Whom the call is with. Only a caller from outside is known by the calling number. */
export function otherNumber(call: Call): string {
  const party = call.parties[0] ?? null;
  const called = call.callType === "Outbound" || call.callType === "Consult";
  const number = called || call.phase === "Dialing" ? (party ?? call.dnis) : (call.ani ?? party);
  return number ?? "Number withheld";
}

/** Why nobody was reached, for the person who called. */
export function failureWords(failure: string): string {
  switch (failure) {
    case "busy":
      return "The line is busy";
    case "no-answer":
      return "Nobody answered";
    case "rejected":
      return "The call was declined";
    case "unallocated":
      return "This number does not exist";
    case "congestion":
      return "The network could not take the call. Try again shortly";
    default:
      return "The call could not be connected";
  }
}
