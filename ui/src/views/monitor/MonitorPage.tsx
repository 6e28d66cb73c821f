// The site's state, live: the seed's monitoring dashboard, with its queues, agents and calls.

import { memo, useDeferredValue, useEffect, useState, useSyncExternalStore } from "react";
import { monitorFeed } from "../../io/monitor";
import type { MonitorState } from "../../io/monitor";
import type { Subject } from "../../io/rest";
import type { Monitor } from "../../model/monitor/monitor";
import { NO_FILTER } from "../../model/monitor/rows";
import { Brand, Dot } from "../Controls";
import { useNow } from "../now";
import { UserMenu } from "../UserMenu";
import { AgentsTable } from "./AgentsTable";
import { Alarms } from "./Alarms";
import { CallsTable } from "./CallsTable";
import { Filters } from "./Filters";
import { AgentsCard, GatewayCard, GwsCard, HourCard } from "./Health";
import { QueuesCard } from "./QueuesCard";
import { SkillsCard } from "./SkillsCard";
import { TrendsCard } from "./TrendsCard";
import { WhyPanel } from "./WhyPanel";

const EVERY_MS = 1000;

export function MonitorPage() {
  const [feed] = useState(() => monitorFeed(EVERY_MS, true));
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const { problem } = state;
  // News is drawn in small pieces between frames: nobody waits for it to the millisecond.
  const monitor = useDeferredValue(state.monitor);
  useEffect(() => {
    document.title = "Monitoring · Cordboard";
  }, []);
  return (
    <div className="monitor">
      <header className="topbar">
        <Brand />
        <h1 className="page-title">Monitoring</h1>
        <Freshness state={state} />
        <a className="button quiet" href="/monitor/wallboard">Wallboard</a>
        <UserMenu />
      </header>
      <Alarms alarms={monitor?.alarms ?? []} />
      {monitor === null ? (
        <main className="opening" role="status">{problem ?? "Reading…"}</main>
      ) : (
        <Dashboard monitor={monitor} />
      )}
    </div>
  );
}

const Dashboard = memo(({ monitor }: { monitor: Monitor }) => {
  const [filter, setFilter] = useState(NO_FILTER);
  const [asked, setAsked] = useState<Subject | null>(null);
  return (
    <main className="monitor-main">
      <HourCard hour={monitor.lastHour} />
      <QueuesCard queues={monitor.queues} seconds={monitor.serviceLevelSeconds}
        chosen={filter.queue}
        onChoose={(queue) => setFilter((before) => ({ ...before, queue }))} />
      <TrendsCard queue={filter.queue} />
      <AgentsCard agents={monitor.agents} />
      <SkillsCard skills={monitor.skills} chosen={filter.skill}
        onChoose={(skill) => setFilter((before) => ({ ...before, skill }))} />
      {monitor.agentRows === null || monitor.calls === null ? null : (
        <>
          <Filters monitor={monitor} rows={monitor.agentRows} filter={filter}
            onChange={setFilter} />
          {asked === null ? null : (
            <WhyPanel key={`${asked.kind} ${asked.id}`} subject={asked}
              onClose={() => setAsked(null)} />
          )}
          <AgentsTable rows={monitor.agentRows} filter={filter}
            onWhy={(id) => setAsked({ kind: "agent", id })} />
          <CallsTable rows={monitor.calls} filter={filter}
            active={monitor.gateway.activeCalls}
            onWhy={(id) => setAsked({ kind: "call", id })} />
        </>
      )}
      <GwsCard gws={monitor.gws} />
      <GatewayCard gateway={monitor.gateway} />
    </main>
  );
});

/** Says whether the figures are of now, and since when they are not. */
export function Freshness({ state }: { state: MonitorState }) {
  const now = useNow();
  const { problem, readAtMs } = state;
  const old = Math.max(0, Math.round((now - readAtMs) / 1000));
  const words = problem === null
    ? "Live"
    : readAtMs === 0 ? problem : `${problem} These figures are ${old} s old.`;
  return (
    <span className="link-state" role="status">
      <Dot tone={problem === null ? "good" : "bad"} />
      {words}
    </span>
  );
}
