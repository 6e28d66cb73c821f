import { describe, expect, it } from "vitest";
import { NO_AGENT, applyDevices, extendedWrapUp } from "../src/model/agent";
import { NO_CALLS, applyPush } from "../src/model/calls";
import { decodeCallPush, decodeDevicePush } from "../src/model/decode";
import {
  hasRecording, pauseOperation, recordOperation, recordingSentence, recordingWords,
} from "../src/model/recording";
import { callMessage, deviceMessage } from "./recorded";

const T0 = 1_700_000_000_000;

function pushed(more: object) {
  const push = decodeCallPush({
    ...callMessage("Established", 1000, more),
    notificationType: "CallRecordingStateChange",
  });
  if (push === null) throw new Error("the message holds no call");
  return push;
}

describe("recording in a call", () => {
  it("offers what the capabilities name and nothing else", () => {
    const { call } = pushed({ capabilities: ["StartRecording"] });
    expect([recordOperation(call), pauseOperation(call)]).toEqual(["StartRecording", null]);
    const on = pushed({
      capabilities: ["StopRecording", "PauseRecording"],
      recordingState: "Recording",
    }).call;
    expect([recordOperation(on), pauseOperation(on)]).toEqual(["StopRecording", "PauseRecording"]);
    const paused = pushed({ capabilities: ["ResumeRecording"], recordingState: "Paused" }).call;
    expect([recordOperation(paused), pauseOperation(paused)]).toEqual([null, "ResumeRecording"]);
  });

  it("is shown while a call is recorded by rule, though nothing may be done about it", () => {
    expect(hasRecording(pushed({ recordingState: "Recording" }).call)).toBe(true);
    expect(hasRecording(pushed({ recordingState: "Failed" }).call)).toBe(true);
    expect(hasRecording(pushed({}).call)).toBe(false);
    expect(hasRecording(pushed({ recordingState: "Stopped" }).call)).toBe(false);
  });

  it("is said to a screen reader as it changes, and not for calls that never had one", () => {
    const state = (more: object) => applyPush(NO_CALLS, pushed(more), T0).live;
    expect(recordingSentence(state({}))).toBe("");
    expect(recordingSentence(state({ recordingState: "Paused" }))).toBe("Recording paused.");
    expect(recordingWords("Failed")).toBe("Not recorded: the recording failed");
  });

  it("is no state when the server says a word that is not known", () => {
    expect(pushed({ recordingState: "Dreaming" }).call.recording).toBeNull();
  });
});

describe("after-call work that ends by itself", () => {
  const inWork = (wrapUpEndsAt: number | undefined, stamp: number) => {
    const userState = { state: "NotReady", workMode: "AfterCallWork", wrapUpEndsAt };
    const push = decodeDevicePush(deviceMessage(userState, stamp));
    if (push?.kind !== "devices") throw new Error("the message holds no devices");
    return applyDevices(NO_AGENT, push.devices, push.stamp, T0);
  };

  it("is counted down on this clock, however far the server's is off", () => {
    expect(inWork(5_030_000, 5_000_000).wrapUpEnds).toBe(T0 + 30_000);
    expect(inWork(undefined, 5_000_000).wrapUpEnds).toBeNull();
  });

  it("is extended by adding to what is left", () => {
    const agent = inWork(5_030_000, 5_000_000);
    expect(extendedWrapUp(agent, 30, T0 + 12_500)).toBe(48);
    expect(extendedWrapUp(agent, 60, T0 + 99_000)).toBe(60);
    expect(extendedWrapUp(agent, 30_000, T0)).toBe(8 * 3600);
  });

  it("is not extended when it has no end, or when there is none", () => {
    expect(extendedWrapUp(inWork(undefined, 5_000_000), 30, T0)).toBeNull();
    expect(extendedWrapUp(NO_AGENT, 30, T0)).toBeNull();
  });
});
