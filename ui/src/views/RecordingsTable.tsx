// One line for each recording; the first cell opens it.

import { CirclePlay, TriangleAlert } from "lucide-react";
import { clock, phoneNumber } from "../model/format";
import { gapWords } from "../model/recordings";
import type { Recording, RecordingsState } from "../model/recordings";

export function RecordingsTable({ state, onOpen }: {
  state: RecordingsState;
  onOpen: (id: string) => void;
}) {
  if (state.recordings.length === 0) {
    return <p className="empty">{state.busy ? "Reading…" : "Nothing was found."}</p>;
  }
  return (
    <div className="recordings-scroll">
      <table className="recordings">
        <thead>
          <tr>
            {HEADS.map((head) => <th key={head} scope="col">{head}</th>)}
          </tr>
        </thead>
        <tbody>
          {state.recordings.map((recording) => (
            <Line key={recording.id} recording={recording} open={recording.id === state.openId}
              onOpen={() => onOpen(recording.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const HEADS = ["When", "Agent", "DN", "Number", "Direction", "Length", "Pauses", "State"] as const;

function Line({ recording, open, onOpen }: {
  recording: Recording;
  open: boolean;
  onOpen: () => void;
}) {
  return (
    <tr className={open ? "open" : ""} onClick={onOpen}>
      <th scope="row">
        <button type="button" className="play-link" aria-pressed={open}>
          <CirclePlay size={16} aria-hidden />
          <span className="unseen">Play recording of </span>
          {whenWords(recording.startedMs)}
        </button>
      </th>
      <td>{recording.agent ?? "–"}</td>
      <td>{recording.dn}</td>
      <td>{phoneNumber(recording.other) || "–"}</td>
      <td>{recording.callType || "–"}</td>
      <td>{clock(recording.durationMs / 1000)}</td>
      <td>{gapWords(recording)}</td>
      <td>
        {recording.failure === null ? "Complete" : (
          <span className="cut-short" title={recording.failure}>
            <TriangleAlert size={14} aria-hidden /> {recording.failure}
          </span>
        )}
      </td>
    </tr>
  );
}

const WHEN = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  second: "2-digit",
});

export function whenWords(ms: number): string {
  return WHEN.format(new Date(ms));
}
