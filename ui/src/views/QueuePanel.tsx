// The queues at a glance, for the agent. Absent when the server doesn't let this person see them.

import { UsersRound } from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import { monitorFeed } from "../io/monitor";
import { clock } from "../model/format";
import { Card } from "./Controls";

const EVERY_MS = 5000;

export function QueuePanel() {
  const [feed] = useState(() => monitorFeed(EVERY_MS));
  const { monitor } = useSyncExternalStore(feed.subscribe, feed.state);
  if (monitor === null) return null;
  const { agents, queues } = monitor;
  return (
    <Card title="Queues" icon={UsersRound} className="queues"
      aside={<span className="muted small">{agents.ready} ready</span>}>
      {queues.length === 0 ? <p className="empty">Nobody is waiting.</p> : (
        <table>
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Waiting</th>
              <th scope="col">Longest</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.name} className={queue.waiting > 0 ? "busy" : ""}>
                <th scope="row">{queue.name}</th>
                <td>{queue.waiting}</td>
                <td>{queue.waiting === 0 ? "–" : clock(queue.longestWaitSeconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
