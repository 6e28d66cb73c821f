// A queue as the dashboard shows it, and how well it goes.

import { list, number, optionalNumber, record, text } from "../read";

export interface Figures {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly shortAbandoned: number;
  readonly abandonedPercent: number;
  /** null: no call was answered or abandoned, so there is no level. */
  readonly serviceLevelPercent: number | null;
  readonly averageSpeedOfAnswerSeconds: number;
  readonly averageHandleSeconds: number;
}

export interface Queue {
  readonly name: string;
  readonly waiting: number;
  readonly longestWaitSeconds: number;
  readonly hour: Figures;
  readonly today: Figures;
}

export function decodeQueues(value: unknown): readonly Queue[] {
  return list(value).map((item) => {
    const queue = record(item);
    return {
      name: text(queue["name"]),
      waiting: number(queue["waiting"]),
      longestWaitSeconds: number(queue["longestWaitSeconds"]),
      hour: decodeFigures(queue["hour"]),
      today: decodeFigures(queue["today"]),
    };
  });
}

function decodeFigures(value: unknown): Figures {
  const figures = record(value);
  return {
    offered: number(figures["offered"]),
    answered: number(figures["answered"]),
    abandoned: number(figures["abandoned"]),
    shortAbandoned: number(figures["shortAbandoned"]),
    abandonedPercent: number(figures["abandonedPercent"]),
    serviceLevelPercent: optionalNumber(figures["serviceLevelPercent"]),
    averageSpeedOfAnswerSeconds: number(figures["averageSpeedOfAnswerSeconds"]),
    averageHandleSeconds: number(figures["averageHandleSeconds"]),
  };
}

/** How well a figure is; each has a word and a sign of its own beside its colour. */
export type Grade = "good" | "warn" | "bad" | "none";

/** Where figures turn from good to fair, and from fair to bad. */
export interface Goals {
  readonly levelPercent: number;
  readonly waitSeconds: number;
}

export const GOALS: Goals = { levelPercent: 80, waitSeconds: 60 };
const FAIR_PERCENT = 10;
const FAIR_WAIT = 0.5;

export function gradeOfLevel(level: number | null, goals: Goals): Grade {
  if (level === null) return "none";
  if (level >= goals.levelPercent) return "good";
  return level >= goals.levelPercent - FAIR_PERCENT ? "warn" : "bad";
}

export function gradeOfWait(queue: Queue, goals: Goals): Grade {
  if (queue.waiting === 0) return "none";
  if (queue.longestWaitSeconds > goals.waitSeconds) return "bad";
  return queue.longestWaitSeconds > goals.waitSeconds * FAIR_WAIT ? "warn" : "good";
}

export function percent(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)}%`;
}
