// How it went in the last 24 hours, a value per minute, as charts take it.

import { list, number, record } from "../read";

export interface Trends {
  /** Seconds since 1970 at which each minute begins. */
  readonly times: readonly number[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

const MINUTE_S = 60;

export function decodeTrends(body: unknown): Trends {
  const answer = record(body);
  const first = number(answer["firstMinuteMs"]) / 1000;
  const series: Record<string, readonly (number | null)[]> = {};
  let length = 0;
  for (const [name, values] of Object.entries(record(answer["trends"]))) {
    series[name] = list(values).map((value) => (typeof value === "number" ? value : null));
    length = Math.max(length, series[name].length);
  }
  return { times: Array.from({ length }, (_, at) => first + at * MINUTE_S), series };
}

/** The last minutes of it, so that a quiet morning doesn't flatten the afternoon. */
export function lastMinutes(trends: Trends, minutes: number): Trends {
  const series = Object.fromEntries(
    Object.entries(trends.series).map(([name, values]) => [name, values.slice(-minutes)]),
  );
  return { times: trends.times.slice(-minutes), series };
}
