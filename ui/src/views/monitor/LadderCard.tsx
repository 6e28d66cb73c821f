// The ladder of a call: a column for each system and each far end, an arrow for each hand-over.

import { ArrowRightLeft } from "lucide-react";
import { lanesOf, secondsIn } from "../../model/monitor/story";
import type { Lane, Rung, Story } from "../../model/monitor/story";
import { Card } from "../Controls";

const TIME_WIDTH = 72;
const LANE_WIDTH = 148;
const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 34;
const ARROW = 5;

export function LadderCard({ story }: { story: Story }) {
  const lanes = lanesOf(story);
  const width = TIME_WIDTH + LANE_WIDTH * lanes.length;
  const height = story.ladder.length * ROW_HEIGHT + 12;
  const aside = (
    <span className="muted small digits">
      {story.ladder.length} hand-overs{story.leftOut > 0 ? `, ${story.leftOut} left out` : ""}
    </span>
  );
  return (
    <Card title="Ladder" icon={ArrowRightLeft} className="wide-card" aside={aside}>
      <div className="ladder-scroll">
        <svg className="ladder-head" width={width} height={HEAD_HEIGHT} aria-hidden>
          {lanes.map((lane, at) => (
            <text key={lane.name} x={middle(at)} y={HEAD_HEIGHT - 12} textAnchor="middle">
              {lane.words}
            </text>
          ))}
        </svg>
        <svg width={width} height={height} aria-hidden>
          {lanes.map((lane, at) => (
            <line key={lane.name} className="lane" x1={middle(at)} x2={middle(at)} y1={0}
              y2={height} />
          ))}
          {story.ladder.map((rung, at) => (
            // The ladder only grows at its end.
            <Arrow key={at} rung={rung} lanes={lanes} seconds={secondsIn(story, rung.atMs)}
              y={(at + 1) * ROW_HEIGHT} />
          ))}
        </svg>
        <ol className="unseen">
          {story.ladder.map((rung, at) => (
            <li key={at}>
              {secondsIn(story, rung.atMs)} {rung.from} to {rung.to}: {rung.text}
            </li>
          ))}
        </ol>
      </div>
    </Card>
  );
}

function Arrow({ rung, lanes, seconds, y }: {
  rung: Rung;
  lanes: readonly Lane[];
  seconds: string;
  y: number;
}) {
  const at = (name: string) => middle(lanes.findIndex((lane) => lane.name === name));
  const [from, to] = [at(rung.from), at(rung.to)];
  const way = to >= from ? 1 : -1;
  const tip = to - way * ARROW;
  return (
    <g className={`rung ${kindOf(rung)}`}>
      <title>{`${rung.from} to ${rung.to}: ${rung.text}`}</title>
      <text className="seconds" x={TIME_WIDTH - 14} y={y + 4} textAnchor="end">{seconds}</text>
      <line x1={from} x2={tip} y1={y} y2={y} />
      <path d={`M${to},${y} l${-way * ARROW * 1.6},${-ARROW * 0.8} v${ARROW * 1.6} z`} />
      <text className="said" x={Math.min(from, to) + 8} y={y - 6}>{rung.text}</text>
    </g>
  );
}

function middle(lane: number): number {
  return TIME_WIDTH + LANE_WIDTH * (lane + 0.5);
}

/** SIP on the wire, media, and everything else have colours of their own. */
function kindOf(rung: Rung): string {
  const ends = [rung.from, rung.to];
  if (ends.includes("shard")) return "media";
  const inside = ["switch", "routing", "program", "recorder", "desk", "cti", "all"];
  return ends.some((end) => inside.includes(end)) ? "inside" : "sip";
}
