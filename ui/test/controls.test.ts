import { describe, expect, it } from "vitest";
import { NO_CALLS, applyPush } from "../src/model/calls";
import type { CallsState } from "../src/model/calls";
import {
  allows, customerCall, failureWords, jointTarget, mainCall, offers, otherNumber, placeCalls,
} from "../src/model/controls";
import { decodeCallPush } from "../src/model/decode";
import { CALL_UUID, callMessage } from "./recorded";

const T0 = 1_700_000_000_000;
const CONSULT = "K3V8OQ6R2L0ETB1P5D4G00005K000016";
const uri = (id: string) => `https://desk.example/api/v2/me/calls/${id}`;

function replay(messages: readonly unknown[]): CallsState {
  return messages.reduce((state: CallsState, message, index) => {
    const push = decodeCallPush(message);
    if (push === null) throw new Error("the message holds no call");
    return applyPush(state, push, T0 + index * 1000);
  }, NO_CALLS);
}

function consultMessage(state: string, stamp: number, more: object = {}) {
  return callMessage(state, stamp, {
    id: CONSULT,
    callUuid: CONSULT,
    callType: "Consult",
    ani: "5001",
    participants: [{ phoneNumber: "5002" }],
    parentCallUri: uri(CALL_UUID),
    ...more,
  });
}

const HELD = { consultCallUri: uri(CONSULT), capabilities: ["Hangup", "SwapCalls"] };
const ASKING = [
  callMessage("Ringing", 1),
  callMessage("Established", 2),
  callMessage("Held", 3, HELD),
  consultMessage("Dialing", 4, { capabilities: ["Hangup"] }),
  consultMessage("Established", 5, {
    capabilities: ["Hangup", "CompleteTransfer", "CompleteConference", "Reconnect"],
  }),
];

describe("what a call offers", () => {
  it("is exactly what the server lists", () => {
    const call = mainCall(replay([callMessage("Established", 1, { capabilities: ["Hold"] })]));
    expect(call && offers(call, "Hold")).toBe(true);
    expect(call && offers(call, "SingleStepTransfer")).toBe(false);
    expect(call && allows(call, "release")).toBe(false);
  });

  it("changes with a push that only says so", () => {
    const more = { capabilities: ["Hangup", "CompleteTransfer"] };
    const call = mainCall(replay([callMessage("Held", 1), callMessage("Held", 2, more)]));
    expect(call && offers(call, "CompleteTransfer")).toBe(true);
    expect(call?.phaseSince).toBe(T0);
  });
});

describe("a consultation", () => {
  const { live } = replay(ASKING);
  const placed = placeCalls(live);

  it("stands beside the call that it is about, which keeps its place", () => {
    expect(placed.map(({ place, call }) => [place, call.phase])).toEqual([
      ["Active call", "Held"],
      ["Consult call", "Established"],
    ]);
  });

  it("is found without an address of its parent", () => {
    const bare = replay([
      callMessage("Held", 1),
      consultMessage("Established", 2, { parentCallUri: null }),
    ]);
    expect(placeCalls(bare.live).map(({ place }) => place)).toEqual([
      "Active call", "Consult call",
    ]);
  });

  it("keeps both in their places when they are swapped", () => {
    const swapped = replay([
      ...ASKING,
      consultMessage("Held", 6),
      callMessage("Established", 7, { consultCallUri: uri(CONSULT) }),
    ]);
    expect(placeCalls(swapped.live).map(({ call }) => [call.id, call.phase])).toEqual([
      [CALL_UUID, "Established"],
      [CONSULT, "Held"],
    ]);
  });

  it("offers each way out once, at the call for which the server lists it", () => {
    const [parent, consult] = placed;
    if (parent === undefined || consult === undefined) throw new Error("two calls are placed");
    expect(jointTarget(parent, "SwapCalls")).toBeNull();
    expect(jointTarget(consult, "SwapCalls")?.id).toBe(CALL_UUID);
    expect(jointTarget(consult, "CompleteTransfer")?.id).toBe(CONSULT);
    expect(jointTarget(consult, "Reconnect")?.id).toBe(CONSULT);
  });

  it("offers to merge two calls of their own once, at the other one", () => {
    const both = { capabilities: ["Hangup", "MergeCalls"] };
    const own = { callType: "Outbound", parentCallUri: undefined, ...both };
    const state = replay([callMessage("Held", 1, both), consultMessage("Established", 2, own)]);
    const [first, other] = placeCalls(state.live);
    if (first === undefined || other === undefined) throw new Error("two calls are placed");
    expect([first.place, other.place]).toEqual(["Active call", "Other call"]);
    expect(jointTarget(first, "MergeCalls")).toBeNull();
    expect(jointTarget(other, "MergeCalls")?.id).toBe(CONSULT);
  });

  it("leaves the customer's record in view", () => {
    const state = replay(ASKING);
    expect(mainCall(state)?.id).toBe(CONSULT);
    expect(customerCall(state)?.id).toBe(CALL_UUID);
  });

  it("is no after-call work of its own, in whichever order the calls end", () => {
    const gone = [callMessage("Released", 8), consultMessage("Released", 9)];
    expect(replay([...ASKING, ...gone]).wrapUp?.call.id).toBe(CALL_UUID);
    expect(replay([...ASKING, ...gone.toReversed()]).wrapUp?.call.id).toBe(CALL_UUID);
    expect(replay([...ASKING, consultMessage("Released", 8)]).wrapUp).toBeNull();
  });
});

describe("a call that the agent dialled", () => {
  const dialled = {
    callType: "Outbound",
    ani: "5001",
    dnis: "5559876543",
    participants: [{ phoneNumber: "5559876543" }],
  };

  it("is known by the number that was called, a caller by the calling one", () => {
    const out = mainCall(replay([callMessage("Dialing", 1, dialled)]));
    expect(out && otherNumber(out)).toBe("5559876543");
    const inbound = mainCall(replay([callMessage("Ringing", 1)]));
    expect(inbound && otherNumber(inbound)).toBe("5551234567");
  });

  it("is no incoming call", () => {
    const { live } = replay([callMessage("Dialing", 1, dialled)]);
    expect(placeCalls(live).map(({ place }) => place)).toEqual(["Active call"]);
  });

  it("says why nobody was reached and leaves no after-call work", () => {
    const failed = replay([callMessage("Dialing", 1, { ...dialled, failure: "busy" })]);
    expect(mainCall(failed)?.failure).toBe("busy");
    expect(failureWords("busy")).toBe("The line is busy");
    const over = replay([
      callMessage("Dialing", 1, dialled),
      callMessage("Released", 2, { ...dialled, failure: "no-answer" }),
    ]);
    expect(over).toMatchObject({ live: [], wrapUp: null });
  });
});

describe("a conference", () => {
  it("lists its participants as they come and go", () => {
    const both = { participants: [{ phoneNumber: "5551234567" }, { phoneNumber: "5002" }] };
    const message = { ...callMessage("Established", 2, both) };
    const joined = replay([
      callMessage("Established", 1),
      { ...message, notificationType: "ParticipantsUpdated" },
    ]);
    expect(mainCall(joined)?.parties).toEqual(["5551234567", "5002"]);
  });
});
