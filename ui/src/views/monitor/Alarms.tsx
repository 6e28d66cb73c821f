// What needs somebody's hand, above everything else; nothing when all is well.

import { OctagonAlert, TriangleAlert } from "lucide-react";
import type { Alarm } from "../../model/monitor/monitor";
import { Timer } from "../Controls";

export function Alarms({ alarms }: { alarms: readonly Alarm[] }) {
  if (alarms.length === 0) return null;
  return (
    <section className="alarms" aria-label="Alarms">
      <ul>
        {alarms.map((alarm) => (
          <li key={alarm.name} className={alarm.critical ? "critical" : "warning"}>
            {alarm.critical ? (
              <OctagonAlert size={18} aria-hidden />
            ) : (
              <TriangleAlert size={18} aria-hidden />
            )}
            <span className="alarm-words" role="alert">
              <strong>{alarm.critical ? "Critical" : "Warning"}</strong> {alarm.message}
            </span>
            <span className="digits alarm-name">{alarm.name}</span>
            {alarm.sinceMs > 0 ? <Timer since={alarm.sinceMs} label="for" /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
