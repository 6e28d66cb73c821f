import { describe, expect, it } from "vitest";
import { decodeCallPush, decodeDevicePush, decodePhoneSettings } from "../src/model/decode";
import { clock, initials, label, phoneNumber, span } from "../src/model/format";
import { decodeMonitor } from "../src/model/monitor/monitor";

describe("numbers and names", () => {
  it("writes durations as people read them", () => {
    expect([0, 75, 3675, -3].map(clock)).toEqual(["0:00", "1:15", "1:01:15", "0:00"]);
    expect([9, 323, 9252, 90_061].map(span)).toEqual(["9s", "5m 23s", "2h 34m 12s", "1d 1h 1m 1s"]);
  });

  it("groups North American numbers and leaves others as dialled", () => {
    expect(phoneNumber("5551234567")).toBe("555-123-4567");
    expect(phoneNumber("+18005551234")).toBe("+1 800-555-1234");
    expect(phoneNumber("+442079460000")).toBe("+442079460000");
    expect(phoneNumber("5001")).toBe("5001");
  });

  it("makes labels of keys and initials of names", () => {
    expect(label("customer_id")).toBe("Customer id");
    expect(label("CallUuid")).toBe("Call Uuid");
    expect(initials("Sample Customer")).toBe("SC");
    expect(initials("Agent 5001")).toBe("A");
    expect(initials("")).toBe("");
  });
});

describe("what the server may send", () => {
  it("is read from the flat members alone, as the seed writes them", () => {
    const push = decodeCallPush({ callId: "00015ABC1234", state: "Ringing", ani: "5551234567" });
    expect(push?.call).toMatchObject({ id: "00015ABC1234", phase: "Ringing", ani: "5551234567" });
  });

  it("is ignored when it names no call, an unknown state or nothing at all", () => {
    expect(decodeCallPush({ call: { state: "Ringing" } })).toBeNull();
    expect(decodeCallPush({ call: { id: "1", state: "Dreaming" } })).toBeNull();
    expect(decodeCallPush(null)).toBeNull();
    expect(decodeDevicePush({ messageType: "DeviceStateChangeMessage" })).toBeNull();
  });

  it("can be an error in words", () => {
    const push = decodeDevicePush({ messageType: "ErrorMessage", errorMessage: "No such DN" });
    expect(push).toEqual({ kind: "error", message: "No such DN" });
  });

  it("gives the phone its defaults", () => {
    expect(decodePhoneSettings({ phone: { dn: "5001" } })).toMatchObject({
      sipUri: "sip:5001@cordboard",
      authorizationUser: "5001",
      websocketPath: "/ws",
      iceServers: [],
    });
  });

  it("leaves gaps in the monitoring as zeros", () => {
    expect(decodeMonitor({}).agents.ready).toBe(0);
    expect(decodeMonitor({ monitor: { gws: { status: "RUNNING" } } }).gws.status).toBe("RUNNING");
  });
});
