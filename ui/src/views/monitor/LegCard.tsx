// One leg of a call: how it sounds, how its media came about, what both sides described.

import { AudioLines } from "lucide-react";
import { courseOf, gradeOfMos, milestoneWords, secondsIn } from "../../model/monitor/story";
import type { Heard, Leg, Story } from "../../model/monitor/story";
import { Card } from "../Controls";
import { Chart } from "./Chart";
import type { Line } from "./Chart";
import { GradeSign } from "./GradeSign";

const SCORE: readonly Line[] = [{ series: "mos", words: "MOS", color: "--good" }];
const TROUBLE: readonly Line[] = [
  { series: "loss", words: "Lost %", color: "--bad" },
  { series: "jitter", words: "Jitter ms", color: "--warn", dashed: true },
];

export function LegCard({ story, leg }: { story: Story; leg: Leg }) {
  const course = courseOf(leg);
  const aside = <span className="muted small">{leg.codec ?? "no codec"}</span>;
  return (
    <Card title={`Leg to ${leg.name}`} icon={AudioLines} className="leg-card" aside={aside}>
      {leg.quality === null ? <p className="empty">Nothing is measured yet.</p> : (
        <Figures heard={leg.quality} />
      )}
      {course.times.length < 2 ? null : (
        <div className="charts">
          <Chart trends={course} lines={SCORE} />
          <Chart trends={course} lines={TROUBLE} />
        </div>
      )}
      {leg.milestones.length === 0 ? null : (
        <ol className="milestones" aria-label="Way to sound">
          {leg.milestones.map((one) => (
            <li key={`${one.name} ${one.atMs}`}>
              <b>{milestoneWords(one.name)}</b>
              <span className="digits">{secondsIn(story, one.atMs)} s</span>
              {one.address === null ? null : (
                <span className="muted small digits">{one.address}</span>
              )}
            </li>
          ))}
        </ol>
      )}
      {leg.sdp.map((sdp) => (
        <details className="sdp" key={`${sdp.isOurs} ${sdp.atMs}`}>
          <summary>
            {sdp.isOurs ? "Our" : "Their"} description at {secondsIn(story, sdp.atMs)} s
          </summary>
          <pre>{sdp.text}</pre>
        </details>
      ))}
    </Card>
  );
}

function Figures({ heard }: { heard: Heard }) {
  const trip = heard.roundTripMs;
  return (
    <dl className="figures">
      <div className="figure">
        <dt>MOS</dt>
        <dd>
          {heard.mos === null ? "–" : (
            <span className={`grade ${gradeOfMos(heard.mos)}`}>
              {heard.mos.toFixed(1)} <GradeSign grade={gradeOfMos(heard.mos)} size={18} />
            </span>
          )}
        </dd>
      </div>
      <Figure name="Lost" value={`${heard.lossPercent.toFixed(1)} %`}
        more={`${heard.lost} of ${heard.lost + heard.received}`} />
      <Figure name="Jitter" value={`${heard.jitterMs.toFixed(1)} ms`} />
      <Figure name="Round trip" value={trip === null ? "–" : `${trip.toFixed(0)} ms`} />
      <Figure name="Lost over there" value={`${heard.reportedLossPercent.toFixed(1)} %`}
        more={`of ${heard.sent}`} />
    </dl>
  );
}

function Figure({ name, value, more }: { name: string; value: string; more?: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd className="digits">
        {value} {more === undefined ? null : <span className="small muted">{more}</span>}
      </dd>
    </div>
  );
}
