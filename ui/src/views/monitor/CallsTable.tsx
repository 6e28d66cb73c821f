// Every call of this moment, the longest first.

import { PhoneCall } from "lucide-react";
import { phoneNumber } from "../../model/format";
import { gradeOfMos } from "../../model/monitor/story";
import { shownCalls } from "../../model/monitor/rows";
import type { CallRow, Filter } from "../../model/monitor/rows";
import { Card } from "../Controls";
import { Since } from "./Since";

export function CallsTable({ rows, filter, active, onWhy }: {
  rows: readonly CallRow[];
  filter: Filter;
  active: number;
  onWhy: (call: string) => void;
}) {
  const shown = shownCalls(rows, filter);
  const aside = <span className="muted small digits">{shown.length} of {active}</span>;
  return (
    <Card title="Calls" icon={PhoneCall} className="tall-card" aside={aside}>
      {shown.length === 0 ? <p className="empty">No calls.</p> : (
        <div className="table-scroll tall">
          <table className="figures-table">
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">Where</th>
                <th scope="col">State</th>
                <th scope="col">For</th>
                <th scope="col">MOS</th>
                <th scope="col"><span className="unseen">Explanation</span></th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.id} title={`${row.type} call ${row.id}`}>
                  <th scope="row">
                    <a className="row-link" href={`/monitor/calls/${row.id}`}>
                      {row.ani === null ? row.type : phoneNumber(row.ani)}
                    </a>
                  </th>
                  <td className="words">{whereWords(row)}</td>
                  <td className="words">{row.state}</td>
                  <td><Since ms={row.sinceMs} /></td>
                  <td className={row.mos === null ? "" : `grade ${gradeOfMos(row.mos)}`}>
                    {row.mos?.toFixed(1) ?? "–"}
                  </td>
                  <td>
                    <button type="button" className="row-link" onClick={() => onWhy(row.id)}
                      aria-label={`Why is the call of ${row.ani ?? "nobody known"} where it is?`}>
                      Why?
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function whereWords(row: CallRow): string {
  const places = row.state === "Waiting" || row.dns.length === 0 ? [row.queue] : row.dns;
  return places.filter((place) => place !== null).map(phoneNumber).join(", ") || "–";
}
