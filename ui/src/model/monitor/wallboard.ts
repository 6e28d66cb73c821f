// What the wallboard's address asks for, and how its queues are spread over pages.

import { GOALS } from "./queues";
import type { Goals, Queue } from "./queues";

export interface Wish {
  /** Empty: all queues. */
  readonly queues: readonly string[];
  readonly goals: Goals;
  readonly turnSeconds: number;
  readonly perPage: number;
}

const TURN_SECONDS = 10;
const TURN_SECONDS_MIN = 3;
const PER_PAGE = 6;
const PER_PAGE_MAX = 12;

/** `?queues=VQ_Support,5000&level=80&wait=60&turn=10&perPage=6` */
export function readWish(query: string): Wish {
  const asked = new URLSearchParams(query);
  const within = (name: string, usual: number, min: number, max: number) => {
    const value = Number(asked.get(name) ?? Number.NaN);
    return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : usual;
  };
  const names = (asked.get("queues") ?? "").split(",").map((name) => name.trim());
  return {
    queues: names.filter((name) => name !== ""),
    goals: {
      levelPercent: within("level", GOALS.levelPercent, 0, 100),
      waitSeconds: within("wait", GOALS.waitSeconds, 1, 86_400),
    },
    turnSeconds: within("turn", TURN_SECONDS, TURN_SECONDS_MIN, 3600),
    perPage: Math.floor(within("perPage", PER_PAGE, 1, PER_PAGE_MAX)),
  };
}

/** The chosen queues in the order asked for; names that no queue has are told apart. */
export function chosenQueues(queues: readonly Queue[], wish: Wish): {
  readonly shown: readonly Queue[];
  readonly unknown: readonly string[];
} {
  if (wish.queues.length === 0) return { shown: queues, unknown: [] };
  const found = wish.queues.map((name) => queues.find((queue) => queue.name === name));
  return {
    shown: found.filter((queue) => queue !== undefined),
    unknown: wish.queues.filter((_, at) => found[at] === undefined),
  };
}

export function pageAt(queues: readonly Queue[], wish: Wish, nowMs: number): {
  readonly page: number;
  readonly pages: number;
  readonly queues: readonly Queue[];
} {
  const pages = Math.max(1, Math.ceil(queues.length / wish.perPage));
  const page = Math.floor(nowMs / (wish.turnSeconds * 1000)) % pages;
  return { page, pages, queues: queues.slice(page * wish.perPage, (page + 1) * wish.perPage) };
}
