import { describe, expect, it } from "vitest";
import type { LiveCall } from "../src/model/calls";
import { OTHER_PATH_MS_MAX, joinCall } from "../src/model/join";
import { NO_PHONE, effectivePhone, phoneReducer } from "../src/model/phone";
import type { PhoneEvent, PhoneState } from "../src/model/phone";
import { NO_CALLS, applyPush } from "../src/model/calls";
import { mainCall } from "../src/model/controls";
import { decodeCallPush } from "../src/model/decode";
import { CALL_UUID, callMessage } from "./recorded";

const T0 = 1_700_000_000_000;

function replay(events: readonly PhoneEvent[]): PhoneState {
  return events.reduce(phoneReducer, NO_PHONE);
}

const INCOMING: PhoneEvent = {
  type: "incoming",
  at: T0,
  callUuid: CALL_UUID,
  from: "5551234567",
  own: false,
};

function ringingCall(): LiveCall {
  const push = decodeCallPush(callMessage("Ringing", 1));
  const call = push === null ? null : mainCall(applyPush(NO_CALLS, push, T0));
  if (call === null) throw new Error("the recorded message holds no call");
  return call;
}

describe("the phone", () => {
  it("goes from ringing to talking and forgets the call at its end", () => {
    const talking = replay([
      { type: "owned" },
      { type: "registration", state: "registered" },
      INCOMING,
      { type: "answering" },
      { type: "talking", at: T0 + 900 },
    ]);
    expect(talking.call).toMatchObject({ phase: "talking", answeredAt: T0 + 900, muted: false });
    const ended = phoneReducer(talking, { type: "ended", cause: "Terminated" });
    expect(ended).toMatchObject({ call: null, lastEnd: "Terminated", registration: "registered" });
  });

  it("keeps the duration through hold and a repeated talking", () => {
    const { call } = replay([
      INCOMING,
      { type: "talking", at: T0 + 900 },
      { type: "held" },
      { type: "resumed" },
      { type: "talking", at: T0 + 5000 },
    ]);
    expect(call).toMatchObject({ phase: "talking", answeredAt: T0 + 900 });
  });

  it("takes no mute without a call", () => {
    expect(replay([{ type: "muted", muted: true }]).call).toBeNull();
  });

  it("drops the reason of a failure when it is registered again", () => {
    const state = replay([
      { type: "registration", state: "failed", failure: "refused" },
      { type: "registration", state: "registered" },
    ]);
    expect(state.failure).toBeNull();
  });

  it("shows the phone of the tab that has it", () => {
    const state = replay([
      { type: "configured", dn: "5001" },
      {
        type: "ownedElsewhere",
        summary: { place: "phone", dn: "5001", registration: "registered", call: null },
      },
    ]);
    expect(state.role).toBe("elsewhere");
    expect(effectivePhone(state)).toMatchObject({ place: "phone", registration: "registered" });
  });
});

describe("the two paths of one call", () => {
  const phone = replay([INCOMING]).call;
  const call = ringingCall();

  it("G23: are one call by the CallUUID, whichever came first", () => {
    expect(joinCall(call, phone, T0 + 9000)).toEqual({ kind: "one", call, phone });
  });

  it("G23: give the slower path its time before a word is said", () => {
    expect(joinCall(call, null, T0 + OTHER_PATH_MS_MAX).kind).toBe("one");
    expect(joinCall(call, null, T0 + OTHER_PATH_MS_MAX + 1).kind).toBe("phoneSilent");
    expect(joinCall(null, phone, T0 + OTHER_PATH_MS_MAX).kind).toBe("none");
    expect(joinCall(null, phone, T0 + OTHER_PATH_MS_MAX + 1).kind).toBe("desktopSilent");
  });

  it("are not joined when the ids differ", () => {
    const other = replay([{ ...INCOMING, callUuid: "another" }]).call;
    expect(joinCall(call, other, T0 + 9000).kind).toBe("phoneSilent");
  });
});
