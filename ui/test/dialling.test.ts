import { describe, expect, it } from "vitest";
import { decodeSnapshot } from "../src/model/decode";
import { DIALLING, OPENING, deskReducer, isPending } from "../src/model/desk";
import type { DeskEvent, DeskState } from "../src/model/desk";
import { dialable, mayDial, suggestions, withRecent } from "../src/model/dialling";
import { decodeCallPush } from "../src/model/decode";
import { decodeColleagues } from "../src/model/people";
import { decodeMonitoring, monitoringWords } from "../src/model/supervise";
import { callMessage, me } from "./recorded";

const T0 = 1_700_000_000_000;

function replay(events: readonly DeskEvent[]): DeskState {
  return events.reduce(deskReducer, OPENING);
}

const STARTED: readonly DeskEvent[] = [
  { type: "snapshot", at: T0, snapshot: decodeSnapshot(me()) },
  { type: "session", session: "started" },
];

function pushed(message: unknown): DeskEvent {
  const push = decodeCallPush(message);
  if (push === null) throw new Error("the message holds no call");
  return { type: "callPushed", at: T0, push };
}

const BLAKE = { id: "2", name: "Blake Rivers", number: "5002" };

describe("a number to dial", () => {
  it("is read however people write it", () => {
    expect(dialable("(555) 987-6543")).toBe("5559876543");
    expect(dialable("+1 800.555.1234")).toBe("+18005551234");
    expect(dialable("*72#")).toBe("*72#");
  });

  it("is not made of a name or of nothing", () => {
    for (const typed of ["", "Blake", "555a", "5+5"]) expect(dialable(typed)).toBeNull();
  });

  it("is kept once, the latest first, and not for ever", () => {
    expect(withRecent(["1", "2", "3"], "2")).toEqual(["2", "1", "3"]);
    const many = Array.from({ length: 20 }, (_, index) => String(index));
    expect(many.reduce(withRecent, [])).toHaveLength(8);
  });

  it("may be one called before or a colleague's, never one's own", () => {
    const self = { id: "1", name: "Avery Stone", number: "5001" };
    const all = suggestions("", [self, BLAKE], ["5559876543", "5002"], "5001");
    expect(all).toEqual([
      { number: "5559876543", name: null },
      { number: "5002", name: "Blake Rivers" },
    ]);
    expect(suggestions("987", [], ["5559876543", "5002"], "5001")).toEqual([
      { number: "5559876543", name: null },
    ]);
  });
});

describe("dialling", () => {
  it("waits for the session and for a free line", () => {
    expect(mayDial(replay(STARTED.slice(0, 1)))).toBe(false);
    expect(mayDial(replay(STARTED))).toBe(true);
    expect(mayDial(replay([...STARTED, pushed(callMessage("Established", 2000))]))).toBe(false);
    expect(mayDial(replay([...STARTED, pushed(callMessage("Held", 2000))]))).toBe(true);
  });

  it("is pending until the call begins, whatever the device says meanwhile", () => {
    const intent = { verb: "dial", callId: DIALLING };
    const asked = replay([...STARTED, { type: "intentSent", intent }]);
    expect(isPending(asked, "dial", DIALLING)).toBe(true);
    const begun = deskReducer(asked, pushed(callMessage("Dialing", 2000)));
    expect(isPending(begun, "dial", DIALLING)).toBe(false);
  });
});

describe("the device", () => {
  it("tells of do not disturb, forwarding and what may be asked of it", () => {
    const [device] = me().user.devices;
    const more = { doNotDisturb: "On", forwardTo: "5003", capabilities: ["ForwardCallsOff"] };
    const body = me({ devices: [{ ...device, ...more }] });
    const { agent } = replay([{ type: "snapshot", at: T0, snapshot: decodeSnapshot(body) }]);
    expect(agent).toMatchObject({
      doNotDisturb: true,
      forwardTo: "5003",
      capabilities: ["ForwardCallsOff"],
      monitoring: null,
    });
  });

  it("tells whom a supervisor monitors, in either vocabulary", () => {
    expect(decodeMonitoring({ state: "Off", mode: "AllCalls" })).toBeNull();
    expect(decodeMonitoring(undefined)).toBeNull();
    const coach = decodeMonitoring({ state: "On", mode: "coach", phoneNumber: "5002" });
    expect(coach).toEqual({ mode: "Coach", target: "5002" });
    expect(coach && monitoringWords(coach, "Blake")).toBe("Coaching Blake");
    const listen = { state: "ListenIn", mode: "AllCalls", targetDeviceUri: "https://h/devices/d2" };
    expect(decodeMonitoring(listen)).toEqual({ mode: "ListenIn", target: "d2" });
  });
});

describe("the site's people", () => {
  it("are those who have a number", () => {
    const contacts = [
      { id: "2", name: "Blake Rivers", phoneNumbers: [{ phoneNumber: "5002" }] },
      { id: "9", name: "No Phone", phoneNumbers: [] },
    ];
    expect(decodeColleagues({ contacts })).toEqual([BLAKE]);
    expect(decodeColleagues(null)).toEqual([]);
  });
});
