import { describe, expect, it } from "vitest";
import { decodeLevels } from "../src/model/decode";
import { NO_LEVELS, loudness } from "../src/model/levels";

const LEVELS = decodeLevels({
  messageType: "ParticipantsLevelsMessage",
  callId: "A",
  participants: [
    { phoneNumber: "5001", level: -127 },
    { phoneNumber: "5002", level: -51 },
    { phoneNumber: "5003", level: -30 },
    { phoneNumber: "5004", level: -3 },
  ],
});

describe("who speaks in a conference", () => {
  it("grows with the voice, and a room's noise is silence", () => {
    const [silent, room, low, loud] = ["5001", "5002", "5003", "5004"].map((party) =>
      loudness(LEVELS, "A", party));
    expect([silent, room]).toEqual([0, 0]);
    expect(low).toBeGreaterThan(0.3);
    expect(loud).toBe(1);
  });

  it("is nobody in another call, and nobody who isn't named", () => {
    expect(loudness(LEVELS, "B", "5004")).toBe(0);
    expect(loudness(LEVELS, "A", "5005")).toBe(0);
    expect(loudness(NO_LEVELS, "A", "5004")).toBe(0);
    expect(decodeLevels(null)).toEqual(NO_LEVELS);
  });
});
