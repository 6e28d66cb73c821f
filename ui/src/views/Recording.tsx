// Whether a call is recorded, which nobody may overlook, and what may be done about it.

import { Circle, CirclePlay, Pause, Square } from "lucide-react";
import type { LiveCall } from "../model/calls";
import { mainCall } from "../model/controls";
import type { CallOperation } from "../model/controls";
import { isPending } from "../model/desk";
import {
  hasRecording, pauseOperation, recordOperation, recordingWords,
} from "../model/recording";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { useShortcuts } from "./shortcuts";

export function Recording({ call }: { call: LiveCall }) {
  const { intents } = useSession();
  const desk = useDesk();
  const isMain = mainCall(desk.calls)?.id === call.id;
  const record = recordOperation(call);
  const pause = pauseOperation(call);
  const ask = (operation: CallOperation | null) => {
    if (operation !== null) void intents.callOperation(call.id, operation);
  };
  useShortcuts((shortcut) => {
    if (!isMain) return;
    if (shortcut === "record") ask(record);
    if (shortcut === "pauseRecording") ask(pause);
  });
  if (!hasRecording(call)) return null;
  const runs = call.recording === "Recording" || call.recording === "Paused";
  const pending = (operation: CallOperation | null) =>
    operation !== null && isPending(desk, operation, call.id);
  return (
    <div className={`recording ${lookOf(call)}`} role="group" aria-label="Recording">
      <span className="recording-state">
        <RecordingMark call={call} />
        {recordingWords(call.recording)}
      </span>
      {runs ? (
        <>
          <Button {...pauseLook(call)} shortcut="pauseRecording" disabled={pause === null}
            pending={pending(pause)} onClick={() => ask(pause)} />
          <Button label="Stop" icon={Square} shortcut="record" tip="End the recording"
            disabled={record !== "StopRecording"} pending={pending(record)}
            onClick={() => ask(record)} />
        </>
      ) : (
        <Button label="Record" icon={Circle} shortcut="record" tip="Record this call"
          disabled={record !== "StartRecording"} pending={pending(record)}
          onClick={() => ask(record)} />
      )}
    </div>
  );
}

/** Not the call's own Resume: that one takes the caller off hold. */
function pauseLook(call: LiveCall) {
  return call.recording === "Paused"
    ? ({ label: "Resume recording", icon: CirclePlay, tip: "Record again" } as const)
    : ({ label: "Pause recording", icon: Pause, tip: "Leave out what is said now" } as const);
}

function lookOf(call: LiveCall): string {
  switch (call.recording) {
    case "Recording":
      return "on";
    case "Paused":
      return "paused";
    case "Failed":
      return "failed";
    case "Stopped":
    case null:
      return "off";
  }
}

function RecordingMark({ call }: { call: LiveCall }) {
  if (call.recording === "Paused") return <Pause size={15} fill="currentColor" aria-hidden />;
  return <span className="recording-mark" aria-hidden />;
}
