// How it went, a value per minute: the site's course, or the chosen queue's.

import { ChartSpline } from "lucide-react";
import { useEffect, useState } from "react";
import { readTrends } from "../../io/rest";
import { lastMinutes } from "../../model/monitor/trends";
import type { Trends } from "../../model/monitor/trends";
import { Button, Card } from "../Controls";
import { Chart } from "./Chart";
import type { Line } from "./Chart";

const EVERY_MS = 15_000;
const SPANS = [[60, "1 h"], [240, "4 h"], [1440, "24 h"]] as const;

const SITE: readonly (readonly Line[])[] = [
  [
    { series: "inbound", words: "Inbound", color: "--accent" },
    { series: "outbound", words: "Outbound", color: "--brass", dashed: true },
    { series: "activeCalls", words: "Active calls", color: "--muted" },
  ],
  [
    { series: "ready", words: "Ready", color: "--good" },
    { series: "onCall", words: "On call", color: "--busy", dashed: true },
    { series: "notReady", words: "Not ready", color: "--warn" },
  ],
];
const QUEUE: readonly (readonly Line[])[] = [
  [
    { series: "offered", words: "Offered", color: "--accent" },
    { series: "answered", words: "Answered", color: "--good", dashed: true },
    { series: "abandoned", words: "Abandoned", color: "--bad" },
    { series: "waiting", words: "Waiting", color: "--warn" },
  ],
  [
    { series: "serviceLevelPercent", words: "Service level %", color: "--good" },
    { series: "averageSpeedOfAnswerSeconds", words: "Speed of answer s", color: "--busy",
      dashed: true },
  ],
];

export function TrendsCard({ queue }: { queue: string }) {
  const [minutes, setMinutes] = useState<number>(60);
  const { trends, problem } = useTrends(queue);
  const shown = trends === null ? null : lastMinutes(trends, minutes);
  const aside = (
    <span className="choices" role="group" aria-label="Span">
      {SPANS.map(([length, words]) => (
        <Button key={length} label={words} pressed={minutes === length}
          onClick={() => setMinutes(length)} />
      ))}
    </span>
  );
  return (
    <Card title={queue === "" ? "Trends of the site" : `Trends of ${queue}`} icon={ChartSpline}
      className="wide-card trends" aside={aside}>
      {problem === null ? null : <p className="problem" role="alert">{problem}</p>}
      {shown === null || shown.times.length === 0 ? (
        <p className="empty">The first minute is not over yet.</p>
      ) : (
        <div className="charts">
          {(queue === "" ? SITE : QUEUE).map((lines) => (
            <Chart key={`${queue} ${lines[0]?.series}`} trends={shown} lines={lines} />
          ))}
        </div>
      )}
    </Card>
  );
}

function useTrends(queue: string): { trends: Trends | null; problem: string | null } {
  const [read, setRead] = useState<{
    readonly queue: string;
    readonly trends: Trends | null;
    readonly problem: string | null;
  }>({ queue, trends: null, problem: null });
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      try {
        const trends = await readTrends(queue);
        if (!isOver) setRead({ queue, trends, problem: null });
      } catch (error) {
        const problem = error instanceof Error ? error.message : "No answer.";
        if (!isOver) setRead((before) => ({ ...before, queue, problem }));
      }
    };
    void ask();
    const timer = window.setInterval(() => void ask(), EVERY_MS);
    return () => {
      isOver = true;
      window.clearInterval(timer);
    };
  }, [queue]);
  return read.queue === queue ? read : { trends: null, problem: null };
}
