import { describe, expect, it } from "vitest";
import { allows, mainCall } from "../src/model/controls";
import { decodeCallPush, decodeDevicePush, decodeSnapshot } from "../src/model/decode";
import { OPENING, deskReducer, isPending } from "../src/model/desk";
import type { DeskEvent, DeskState } from "../src/model/desk";
import { CALL_UUID, callMessage, deviceMessage, me } from "./recorded";

const T0 = 1_700_000_000_000;

function snapshot(at: number, body: unknown = me()): DeskEvent {
  return { type: "snapshot", at, snapshot: decodeSnapshot(body) };
}

function call(at: number, message: unknown): DeskEvent {
  const push = decodeCallPush(message);
  if (push === null) throw new Error("the recorded message holds no call");
  return { type: "callPushed", at, push };
}

function devices(at: number, message: unknown): DeskEvent {
  const push = decodeDevicePush(message);
  if (push?.kind !== "devices") throw new Error("the recorded message holds no device");
  return { type: "devicesPushed", at, devices: push.devices, stamp: push.stamp };
}

function replay(events: readonly DeskEvent[], from: DeskState = OPENING): DeskState {
  return events.reduce(deskReducer, from);
}

const ACW = { state: "NotReady", workMode: "AfterCallWork", displayName: "After Call Work" };

describe("an inbound call as it was recorded", () => {
  const ringing = [
    snapshot(T0),
    devices(T0 + 100, deviceMessage({ state: "Ready" }, 1100)),
    call(T0 + 5000, callMessage("Ringing", 2000, {}, { NO_ANSWER_TIMEOUT: 15 })),
  ];
  const established = [
    ...ringing,
    call(T0 + 9000, callMessage("Established", 3000, { duration: "4" }, { WrapUpTime: 20 })),
  ];
  const released = [...established, call(T0 + 69_000, callMessage("Released", 4000))];

  it("pops up while it rings, with its data and only the buttons the server lists", () => {
    const live = mainCall(replay(ringing).calls);
    expect(live).toMatchObject({
      phase: "Ringing",
      ani: "5551234567",
      dnis: "+18005551234",
      noAnswerSeconds: 15,
      userData: { customer_id: "98765", account_type: "premium", nested: { k: "v" } },
    });
    expect(live && allows(live, "answer")).toBe(true);
    expect(live && allows(live, "reject")).toBe(true);
    expect(live && allows(live, "release")).toBe(false);
  });

  it("counts talking from the moment it was answered, not from the ring", () => {
    expect(mainCall(replay(established).calls)?.establishedAt).toBe(T0 + 9000);
  });

  it("keeps its clock running through hold and retrieve", () => {
    const held = call(T0 + 20_000, callMessage("Held", 3500));
    const back = call(T0 + 30_000, callMessage("Established", 3600, { duration: "0" }));
    expect(mainCall(replay([...established, held, back]).calls)?.establishedAt).toBe(T0 + 9000);
  });

  it("leaves after-call work behind, which the Ready push closes", () => {
    const after = replay(released);
    expect(after.calls.live).toEqual([]);
    expect(after.calls.wrapUp).toMatchObject({ endedAt: T0 + 69_000, confirmed: false });
    expect(after.calls.wrapUp?.call.wrapUpSeconds).toBe(20);
    const working = deskReducer(after, devices(T0 + 69_050, deviceMessage(ACW, 4010)));
    expect(working.agent.status).toBe("AfterCallWork");
    expect(working.calls.wrapUp?.confirmed).toBe(true);
    const ready = devices(T0 + 80_000, deviceMessage({ state: "Ready" }, 5000));
    expect(deskReducer(working, ready).calls.wrapUp).toBeNull();
  });

  it("confirms after-call work when the device push comes before the release", () => {
    const early = devices(T0 + 68_990, deviceMessage(ACW, 3990));
    const state = replay([...established, early, call(T0 + 69_000, callMessage("Released", 4000))]);
    expect(state.calls.wrapUp?.confirmed).toBe(true);
  });

  it("leaves no after-call work when the caller gave up while it rang", () => {
    const state = replay([...ringing, call(T0 + 12_000, callMessage("Released", 2500))]);
    expect(state.calls).toMatchObject({ live: [], wrapUp: null });
  });

  it("is not brought back by a push that comes late", () => {
    const late = call(T0 + 69_100, callMessage("Established", 3900));
    expect(replay([...released, late]).calls.live).toEqual([]);
  });

  it("may ring the same agent again after it went back to its queue", () => {
    const returned = call(T0 + 20_000, callMessage("Released", 2500));
    const again = call(T0 + 30_000, callMessage("Ringing", 2600));
    const { calls } = replay([...ringing, returned, again]);
    expect(mainCall(calls)).toMatchObject({ phase: "Ringing", ringingAt: T0 + 30_000 });
  });

  it("ignores a push older than what is known of the call", () => {
    const old = call(T0 + 9100, callMessage("Ringing", 2500));
    expect(mainCall(replay([...established, old]).calls)?.phase).toBe("Established");
  });

  it("takes new attached data without restarting anything", () => {
    const data = callMessage("Established", 3200, { userData: { customer_id: "1" } });
    const state = replay([...established, call(T0 + 15_000, data)]);
    expect(mainCall(state.calls)).toMatchObject({
      userData: { customer_id: "1" },
      establishedAt: T0 + 9000,
      phaseSince: T0 + 9000,
    });
  });
});

describe("reading the state again", () => {
  it("finds a call after a page reload and trusts the server's duration", () => {
    const running = callMessage("Established", 0, { duration: "42" }).call;
    const state = replay([snapshot(T0, me({ calls: [running] }))]);
    expect(mainCall(state.calls)).toMatchObject({
      phase: "Established",
      establishedAt: T0 - 42_000,
    });
  });

  it("ignores pushes older than what was read", () => {
    const running = callMessage("Established", 0).call;
    const old = call(T0 + 10, callMessage("Ringing", 900));
    const state = replay([snapshot(T0, me({ calls: [running] })), old]);
    expect(mainCall(state.calls)?.phase).toBe("Established");
  });

  it("ends a call that is gone from the server, with after-call work for it", () => {
    const events = [
      snapshot(T0),
      call(T0 + 1000, callMessage("Ringing", 2000)),
      call(T0 + 2000, callMessage("Established", 3000)),
      snapshot(T0 + 60_000, { ...me(), serverGenerationTimestamp: 9000 }),
    ];
    const { calls } = replay(events);
    expect(calls.live).toEqual([]);
    expect(calls.wrapUp?.call.id).toBe(CALL_UUID);
  });

  it("keeps an earlier device state out", () => {
    const old = devices(T0 + 5, deviceMessage({ state: "Ready" }, 500));
    expect(replay([snapshot(T0), old]).agent.status).toBe("NotReady");
  });
});

describe("what the agent asked for", () => {
  const answer = { verb: "answer", callId: CALL_UUID };

  it("changes nothing by itself and is settled by the push about that call", () => {
    const asked = replay([
      snapshot(T0),
      call(T0, callMessage("Ringing", 2000)),
      { type: "intentSent", intent: answer },
    ]);
    expect(mainCall(asked.calls)?.phase).toBe("Ringing");
    expect(isPending(asked, "answer", CALL_UUID)).toBe(true);
    const done = deskReducer(asked, call(T0 + 150, callMessage("Established", 3000)));
    expect(isPending(done, "answer", CALL_UUID)).toBe(false);
  });

  it("shows a state only once it was pushed", () => {
    const asked = replay([
      snapshot(T0),
      { type: "intentSent", intent: { verb: "Ready", callId: null } },
    ]);
    expect(asked.agent.status).toBe("NotReady");
    const done = deskReducer(asked, devices(T0 + 50, deviceMessage({ state: "Ready" }, 1500)));
    expect(done.agent.status).toBe("Ready");
    expect(isPending(done, "Ready", null)).toBe(false);
  });

  it("shows the reason of a not-ready state", () => {
    const lunch = deviceMessage({ state: "NotReady", reason: "Lunch" }, 1500);
    expect(replay([snapshot(T0), devices(T0 + 1, lunch)]).agent.reason).toBe("Lunch");
  });
});

describe("the page around it", () => {
  it("forgets the agent's facts on sign-out but keeps the phone", () => {
    const owned: DeskEvent = { type: "phone", event: { type: "owned" } };
    const state = replay([snapshot(T0), owned, { type: "signedOut", message: "Bye" }]);
    expect(state.stage).toEqual({ kind: "signedOut", message: "Bye", busy: false });
    expect(state.agent.status).toBe("LoggedOut");
    expect(state.phone.role).toBe("owner");
  });

  it("offers the reload only when the version changes", () => {
    const seen = (version: string): DeskEvent => ({ type: "versionSeen", version });
    expect(replay([seen("0.1.0"), seen("0.1.0")]).newVersion).toBe(false);
    expect(replay([seen("0.1.0"), seen("0.1.1")]).newVersion).toBe(true);
  });

  it("says the same trouble once", () => {
    const notice: DeskEvent = { type: "notice", tone: "error", title: "No", hint: null };
    expect(replay([notice, notice]).notices.shown).toHaveLength(1);
  });

  it("learns from the features whether a simulated customer may be called", () => {
    expect(replay([snapshot(T0)]).demo).toBe(true);
    expect(replay([snapshot(T0, me({ features: [] }))]).demo).toBe(false);
  });
});
