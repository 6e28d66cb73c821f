// Every agent: what he or she does, for how long, and with whom. Rows are drawn anew only when
// they change; their clocks are written without React, which 300 of them would keep busy.

import { Headset } from "lucide-react";
import { memo } from "react";
import { phoneNumber } from "../../model/format";
import { STATE_WORDS, shownAgents } from "../../model/monitor/rows";
import type { AgentRow, AgentState, Filter } from "../../model/monitor/rows";
import { Card, Dot } from "../Controls";
import { Since } from "./Since";

const TONES: Readonly<Record<AgentState, "good" | "busy" | "work" | "warn" | "off">> = {
  Ready: "good",
  OnCall: "busy",
  AfterCallWork: "work",
  NotReady: "warn",
  LoggedOut: "off",
};

export function AgentsTable({ rows, filter }: { rows: readonly AgentRow[]; filter: Filter }) {
  const shown = shownAgents(rows, filter);
  const aside = <span className="muted small digits">{shown.length} of {rows.length}</span>;
  return (
    <Card title="Every agent" icon={Headset} className="two-columns tall-card" aside={aside}>
      <div className="table-scroll tall">
        <table className="figures-table">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">DN</th>
              <th scope="col">State</th>
              <th scope="col">For</th>
              <th scope="col">With</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => <AgentLine key={row.user} row={row} />)}
          </tbody>
        </table>
        {shown.length === 0 ? <p className="empty">No agent fits the filter.</p> : null}
      </div>
    </Card>
  );
}

const AgentLine = memo(function AgentLine({ row }: { row: AgentRow }) {
  const since = row.state === "LoggedOut" ? null : row.sinceMs;
  return (
    <tr>
      <th scope="row">{row.name}</th>
      <td>{row.dn ?? "–"}</td>
      <td className="words">
        <Dot tone={TONES[row.state]} /> {STATE_WORDS[row.state]}
        {row.reason === null ? null : <span className="muted"> · {row.reason}</span>}
      </td>
      <td>{since === null ? "–" : <Since ms={since} />}</td>
      <td className="words">{row.customer === null ? "–" : phoneNumber(row.customer)}</td>
    </tr>
  );
}, (before, after) => same(before.row, after.row));

/** Every reading makes new objects; most say what the last said. */
function same(a: AgentRow, b: AgentRow): boolean {
  return a.state === b.state && a.sinceMs === b.sinceMs && a.dn === b.dn &&
    a.reason === b.reason && a.customer === b.customer && a.name === b.name;
}
