// The queues on a wall, to be read from five metres: nothing to press, nothing to scroll. It
// turns its pages by itself and goes on with old figures, saying so, when the server is away.

import { useEffect, useState, useSyncExternalStore } from "react";
import { monitorFeed } from "../../io/monitor";
import type { Monitor } from "../../model/monitor/monitor";
import { clock } from "../../model/format";
import { gradeOfLevel, gradeOfWait, percent } from "../../model/monitor/queues";
import type { Goals, Grade, Queue } from "../../model/monitor/queues";
import { chosenQueues, pageAt, readWish } from "../../model/monitor/wallboard";
import { useNow } from "../now";
import { GradeSign } from "./GradeSign";
import { Freshness } from "./MonitorPage";

const EVERY_MS = 1000;

export function Wallboard() {
  const [feed] = useState(() => monitorFeed(EVERY_MS));
  const [wish] = useState(() => readWish(window.location.search));
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const { monitor, problem } = state;
  const now = useNow();
  useEffect(() => {
    document.title = "Wallboard · Cordboard";
  }, []);
  if (monitor === null) {
    return <main className="opening" role="status">{problem ?? "Reading…"}</main>;
  }
  const { shown, unknown } = chosenQueues(monitor.queues, wish);
  const { page, pages, queues } = pageAt(shown, wish, now);
  return (
    <main className={`wallboard ${problem === null ? "" : "is-old"}`} aria-label="Wallboard">
      <header>
        <Agents agents={monitor.agents} />
        <WallAlarms alarms={monitor.alarms} />
      </header>
      <div className="wall-tiles" data-count={queues.length}>
        {queues.map((queue) => <Tile key={queue.name} queue={queue} goals={wish.goals} />)}
        {shown.length === 0 ? <p className="empty">No queue to show.</p> : null}
      </div>
      <footer>
        <Freshness state={state} />
        {unknown.length === 0 ? null : <span>No such queue: {unknown.join(", ")}</span>}
        {pages === 1 ? null : <span>Page {page + 1} of {pages}</span>}
        <span className="digits">
          {new Date(now).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
        </span>
      </footer>
    </main>
  );
}

function Tile({ queue, goals }: { queue: Queue; goals: Goals }) {
  const level = gradeOfLevel(queue.hour.serviceLevelPercent, goals);
  const wait = gradeOfWait(queue, goals);
  const worst = level === "bad" || wait === "bad" ? "bad" : wait === "warn" ? wait : level;
  return (
    <section className={`wall-tile ${worst}`} aria-label={queue.name}>
      <h2>{queue.name}</h2>
      <dl>
        <Big words="Waiting" value={String(queue.waiting)} grade="none" />
        <Big words="Longest wait" grade={wait}
          value={queue.waiting === 0 ? "–" : clock(queue.longestWaitSeconds)} />
        <Big words="Service level" value={percent(queue.hour.serviceLevelPercent)} grade={level} />
        <Big words="Abandoned" value={String(queue.hour.abandoned)} grade="none" />
      </dl>
    </section>
  );
}

function Big({ words, value, grade }: { words: string; value: string; grade: Grade }) {
  return (
    <div className={`grade ${grade}`}>
      <dt>{words}</dt>
      <dd>
        <GradeSign grade={grade} size={28} />
        {value}
      </dd>
    </div>
  );
}

function Agents({ agents }: { agents: Monitor["agents"] }) {
  const figures = [
    ["Ready", agents.ready],
    ["On call", agents.onCall],
    ["After call", agents.afterCallWork],
    ["Not ready", agents.notReady],
  ] as const;
  return (
    <dl className="wall-agents" aria-label="Agents">
      {figures.map(([words, count]) => (
        <div key={words}>
          <dd>{count}</dd>
          <dt>{words}</dt>
        </div>
      ))}
    </dl>
  );
}

/** The worst alarm, and how many there are besides: a wall has no room for a list. */
function WallAlarms({ alarms }: { alarms: Monitor["alarms"] }) {
  const [first] = alarms;
  if (first === undefined) return null;
  const more = alarms.length - 1;
  return (
    <p className={`wall-alarm ${first.critical ? "critical" : "warning"}`} role="alert">
      <GradeSign grade={first.critical ? "bad" : "warn"} size={28} />
      {first.message}
      {more === 0 ? "" : ` And ${more} more.`}
    </p>
  );
}
