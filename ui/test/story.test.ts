import { describe, expect, it } from "vitest";
import { courseOf, decodeStory, gradeOfMos, lanesOf, secondsIn } from "../src/model/monitor/story";

const STORY = decodeStory({
  statusCode: 0,
  callUuid: "A",
  beganMs: 1000,
  endedMs: null,
  leftOut: 0,
  ladder: [
    { atMs: 1000, from: "carrier", to: "signaling", text: "INVITE sip:5000@site" },
    { atMs: 1001, from: "signaling", to: "shard", text: "Open in1 Plain answers" },
    { atMs: 1002, from: "switch", to: "all", text: "EventRinging 5001" },
    { atMs: 1500, from: "signaling", to: "5001", text: "INVITE sip:x@y" },
    { atMs: 1700, from: "5001", to: "signaling", text: "180 Ringing (INVITE)" },
  ],
  legs: [
    {
      leg: "in1",
      name: "carrier",
      codec: "PCMU",
      sdp: [],
      milestones: [],
      quality: null,
      points: [
        { atMs: 6000, received: 250, lossPercent: 0.04, jitterMs: 1.26, mos: 4.38 },
        { atMs: 11_000, received: 0, mos: null },
      ],
    },
  ],
});

describe("a call's story", () => {
  it("has lanes from the caller over the SIP Server to the callee, and our systems after", () => {
    expect(lanesOf(STORY).map(({ words }) => words)).toEqual([
      "carrier", "SIP Server", "5001", "Media gateway", "T-Server", "Everybody",
    ]);
  });

  it("tells times since its beginning", () => {
    expect(secondsIn(STORY, 1500)).toBe("0.500");
    expect(secondsIn(STORY, 900)).toBe("0.000");
  });

  it("becomes lines with gaps where nothing was heard", () => {
    const [leg] = STORY.legs;
    expect(leg?.quality).toBeNull();
    expect(leg === undefined ? null : courseOf(leg)).toEqual({
      times: [6, 11],
      series: { mos: [4.4, null], loss: [0, 0], jitter: [1.3, 0] },
    });
  });

  it("is good from 4 on and bad below 3.6", () => {
    expect([4.4, 4, 3.9, 3.6, 3.5].map(gradeOfMos)).toEqual(
      ["good", "good", "warn", "warn", "bad"],
    );
  });
});
