// Recording of a call: what it says about itself and which buttons it has.

import type { LiveCall } from "./calls";
import { offers } from "./controls";
import type { CallOperation } from "./controls";
import type { Call, RecordingState } from "./facts";

/** A call about which nothing can be said or done has no line for its recording. */
export function hasRecording(call: Call): boolean {
  return isRecorded(call) || call.recording === "Failed" || offers(call, "StartRecording");
}

function isRecorded(call: Call): boolean {
  return call.recording === "Recording" || call.recording === "Paused";
}

/** Begin or end: one button, which keeps its place. */
export function recordOperation(call: Call): CallOperation | null {
  if (offers(call, "StopRecording")) return "StopRecording";
  return offers(call, "StartRecording") ? "StartRecording" : null;
}

/** Leave a gap or go on: the other button. */
export function pauseOperation(call: Call): CallOperation | null {
  if (offers(call, "ResumeRecording")) return "ResumeRecording";
  return offers(call, "PauseRecording") ? "PauseRecording" : null;
}

export function recordingWords(state: RecordingState | null): string {
  switch (state) {
    case "Recording":
      return "Recording";
    case "Paused":
      return "Recording paused";
    case "Stopped":
      return "Recording ended";
    case "Failed":
      return "Not recorded: the recording failed";
    case null:
      return "Not recorded";
  }
}

/** What a screen reader says when a recording changes; nothing for calls that never had one. */
export function recordingSentence(live: readonly LiveCall[]): string {
  const said = live.filter((call) => call.recording !== null);
  return said.map((call) => `${recordingWords(call.recording)}.`).join(" ");
}
