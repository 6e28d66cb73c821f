// The dashboard's boxes: calls of the last hour, agents by state, the server and its gateway.

import { Activity, ChartNoAxesColumn, Headset, RadioTower } from "lucide-react";
import { memo } from "react";
import type { ReactNode } from "react";
import { clock, span } from "../../model/format";
import type { Monitor } from "../../model/monitor/monitor";
import { Card, Dot } from "../Controls";

function Status({ status }: { status: string }) {
  const running = status.toUpperCase() === "RUNNING";
  return (
    <span className="chip">
      <Dot tone={running ? "good" : "bad"} />
      {running ? "Running" : status}
    </span>
  );
}

function Figure({ label, value, note }: { label: string; value: ReactNode; note?: string }) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        {value}
        {note === undefined ? null : <span className="muted small"> {note}</span>}
      </dd>
    </div>
  );
}

export const HourCard = memo(function HourCard({ hour }: { hour: Monitor["lastHour"] }) {
  const percent = `${hour.abandonedPercent.toFixed(1)}%`;
  return (
    <Card title="Calls in the last hour" icon={ChartNoAxesColumn} className="wide-card">
      <dl className="figures">
        <Figure label="Inbound" value={hour.inbound} />
        <Figure label="Outbound" value={hour.outbound} />
        <Figure label="Average handle time" value={clock(hour.averageHandleSeconds)} />
        <Figure label="Abandoned" value={hour.abandoned} note={percent} />
      </dl>
    </Card>
  );
});

export const AgentsCard = memo(function AgentsCard({ agents }: { agents: Monitor["agents"] }) {
  const rows = [
    ["Ready", agents.ready, "good"],
    ["On call", agents.onCall, "busy"],
    ["After-call work", agents.afterCallWork, "work"],
    ["Not ready", agents.notReady, "warn"],
    ["Logged out", agents.loggedOut, "off"],
  ] as const;
  const present = rows.slice(0, 4).filter(([, count]) => count > 0);
  return (
    <Card title="Agents" icon={Headset}>
      <div className="share" aria-hidden>
        {present.map(([name, count, tone]) => (
          <span key={name} className={tone} style={{ flexGrow: count }} />
        ))}
      </div>
      <dl className="rows">
        {rows.map(([name, count, tone]) => (
          <div key={name}>
            <dt>
              <Dot tone={tone} />
              {name}
            </dt>
            <dd>{count}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
});

export function GwsCard({ gws }: { gws: Monitor["gws"] }) {
  return (
    <Card title="GWS application" icon={Activity} className="gws"
      aside={<Status status={gws.status} />}>
      <dl className="rows">
        <div><dt>Uptime</dt><dd>{span(gws.uptimeSeconds)}</dd></div>
        <div><dt>Port</dt><dd>{gws.port ?? "–"}</dd></div>
        <div><dt>Active sessions</dt><dd>{gws.activeSessions}</dd></div>
        <div><dt>CometD clients</dt><dd>{gws.cometdClients}</dd></div>
      </dl>
      <h3>Connections</h3>
      <dl className="rows">
        {gws.connections.map((connection) => (
          <div key={connection.name}>
            <dt>
              <Dot tone={connection.connected ? "good" : "bad"} />
              {connection.name}
            </dt>
            <dd>
              {connection.connected ? "Connected" : "Down"}
              {connection.address === "" ? "" : ` (${connection.address})`}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

export const GatewayCard = memo(function GatewayCard({ gateway }: { gateway: Monitor["gateway"] }) {
  return (
    <Card title="WebRTC gateway" icon={RadioTower} className="gateway two-columns"
      aside={<Status status={gateway.status} />}>
      <dl className="rows">
        <div><dt>Active calls</dt><dd>{gateway.activeCalls}</dd></div>
        {gateway.trunks.map((trunk) => (
          <div key={trunk.name}>
            <dt>
              <Dot tone={trunk.up === null ? "off" : trunk.up ? "good" : "bad"} />
              Trunk {trunk.name}
            </dt>
            <dd>{trunk.up === null ? "Not probed" : trunk.up ? "Up" : "Down"}</dd>
          </div>
        ))}
      </dl>
      <h3>Registered endpoints ({gateway.registered.length})</h3>
      <ul className="endpoints">
        {gateway.registered.map((endpoint) => (
          <li key={endpoint.dn}>
            <Dot tone="good" />
            <span className="digits">{endpoint.dn}</span>
            <span className="muted">{endpoint.user}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
});
