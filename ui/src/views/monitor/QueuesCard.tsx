// Every queue with its waits and how well it goes; a queue's name chooses it for the charts and
// the table of calls.

import { UsersRound } from "lucide-react";
import { memo } from "react";
import { clock } from "../../model/format";
import { GOALS, gradeOfLevel, gradeOfWait, percent } from "../../model/monitor/queues";
import type { Grade, Queue } from "../../model/monitor/queues";
import { Card } from "../Controls";
import { GradeSign } from "./GradeSign";

const HEADS = ["Waiting", "Longest wait", "Service level", "Offered", "Answered", "Abandoned",
  "Speed of answer", "Handle time", "Level today", "Offered today"] as const;

export function QueuesCard({ queues, seconds, chosen, onChoose }: {
  queues: readonly Queue[];
  seconds: number;
  chosen: string;
  onChoose: (queue: string) => void;
}) {
  const aside = <span className="muted small">last hour; answered within {seconds} s</span>;
  return (
    <Card title="Queues" icon={UsersRound} className="queues wide-card" aside={aside}>
      {queues.length === 0 ? <p className="empty">No queues.</p> : (
        <div className="table-scroll">
          <table className="figures-table">
            <thead>
              <tr>
                <th scope="col">Queue</th>
                {HEADS.map((head) => <th key={head} scope="col">{head}</th>)}
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => (
                <QueueRow key={queue.name} queue={queue} chosen={queue.name === chosen}
                  onChoose={onChoose} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

const QueueRow = memo(function QueueRow({ queue, chosen, onChoose }: {
  queue: Queue;
  chosen: boolean;
  onChoose: (queue: string) => void;
}) {
  const { hour, today } = queue;
  const short = hour.shortAbandoned === 0 ? "" : `, ${hour.shortAbandoned} short`;
  return (
    <tr className={chosen ? "chosen" : ""}>
      <th scope="row">
        <button type="button" className="row-link" aria-pressed={chosen}
          onClick={() => onChoose(chosen ? "" : queue.name)}>
          {queue.name}
        </button>
      </th>
      <td>{queue.waiting}</td>
      <Graded grade={gradeOfWait(queue, GOALS)}
        words={queue.waiting === 0 ? "–" : clock(queue.longestWaitSeconds)} />
      <Graded grade={gradeOfLevel(hour.serviceLevelPercent, GOALS)}
        words={percent(hour.serviceLevelPercent)} />
      <td>{hour.offered}</td>
      <td>{hour.answered}</td>
      <td>
        {hour.abandoned}
        {hour.abandoned === 0 ? null : (
          <span className="muted small"> ({hour.abandonedPercent.toFixed(1)}%{short})</span>
        )}
      </td>
      <td>{hour.answered === 0 ? "–" : clock(hour.averageSpeedOfAnswerSeconds)}</td>
      <td>{hour.averageHandleSeconds === 0 ? "–" : clock(hour.averageHandleSeconds)}</td>
      <td>{percent(today.serviceLevelPercent)}</td>
      <td>{today.offered}</td>
    </tr>
  );
}, (before, after) => before.queue === after.queue && before.chosen === after.chosen);

function Graded({ grade, words }: { grade: Grade; words: string }) {
  return (
    <td className={`grade ${grade}`}>
      <GradeSign grade={grade} size={13} />
      {words}
    </td>
  );
}
