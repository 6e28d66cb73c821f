// Every agent: what he or she does, for how long, and with whom. Of hundreds only the rows that
// can be seen are drawn, anew only when they change; their clocks are written without React.

import { Headset } from "lucide-react";
import { memo, useMemo } from "react";
import { phoneNumber } from "../../model/format";
import { STATE_WORDS, shownAgents } from "../../model/monitor/rows";
import type { AgentRow, AgentState, Filter } from "../../model/monitor/rows";
import { Card, Dot } from "../Controls";
import { Since } from "./Since";
import { useWindow } from "./windowed";

const ROW_PX = 34;
const SEEN_ROWS = 13;

const TONES: Readonly<Record<AgentState, "good" | "busy" | "work" | "warn" | "off">> = {
  Ready: "good",
  OnCall: "busy",
  AfterCallWork: "work",
  NotReady: "warn",
  LoggedOut: "off",
};

export function AgentsTable({ rows, filter, onWhy }: {
  rows: readonly AgentRow[];
  filter: Filter;
  onWhy: (user: string) => void;
}) {
  const shown = useMemo(() => shownAgents(rows, filter), [rows, filter]);
  const { place, from, to } = useWindow(shown.length, ROW_PX, SEEN_ROWS);
  const aside = <span className="muted small digits">{shown.length} of {rows.length}</span>;
  return (
    <Card title="Every agent" icon={Headset} className="two-columns tall-card" aside={aside}>
      {/* A table that scrolls is scrolled by the keyboard only when it can be reached. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="table-scroll tall" ref={place} tabIndex={0}>
        <table className="figures-table even-rows" aria-rowcount={shown.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">Agent</th>
              <th scope="col">DN</th>
              <th scope="col">State</th>
              <th scope="col">For</th>
              <th scope="col">With</th>
              <th scope="col"><span className="unseen">Explanation</span></th>
            </tr>
          </thead>
          <tbody>
            <Gap rows={from} />
            {shown.slice(from, to).map((row, at) => (
              <AgentLine key={row.user} row={row} index={from + at + 2} onWhy={onWhy} />
            ))}
            <Gap rows={shown.length - to} />
          </tbody>
        </table>
        {shown.length === 0 ? <p className="empty">No agent fits the filter.</p> : null}
      </div>
    </Card>
  );
}

/** The room of rows that are not drawn. */
function Gap({ rows }: { rows: number }) {
  return rows <= 0 ? null : <tr aria-hidden style={{ height: rows * ROW_PX }} />;
}

interface LineProps {
  readonly row: AgentRow;
  readonly index: number;
  readonly onWhy: (user: string) => void;
}

const AgentLine = memo(function AgentLine({ row, index, onWhy }: LineProps) {
  const since = row.state === "LoggedOut" ? null : row.sinceMs;
  return (
    <tr aria-rowindex={index}>
      <th scope="row">{row.name}</th>
      <td>{row.dn ?? "–"}</td>
      <td className="words">
        <Dot tone={TONES[row.state]} /> {STATE_WORDS[row.state]}
        {row.reason === null ? null : <span className="muted"> · {row.reason}</span>}
      </td>
      <td>{since === null ? "–" : <Since ms={since} />}</td>
      <td className="words">{row.customer === null ? "–" : phoneNumber(row.customer)}</td>
      <td>
        <button type="button" className="row-link" onClick={() => onWhy(row.user)}
          aria-label={`Why does ${row.name} get calls or none?`}>
          Why?
        </button>
      </td>
    </tr>
  );
}, (before, after) => before.index === after.index && before.row === after.row);
