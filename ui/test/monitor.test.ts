import { describe, expect, it } from "vitest";
import { decodeMonitor } from "../src/model/monitor/monitor";
import { GOALS, gradeOfLevel, gradeOfWait, percent } from "../src/model/monitor/queues";
import type { Queue } from "../src/model/monitor/queues";
import { NO_FILTER, shownAgents, shownCalls, teamsOf } from "../src/model/monitor/rows";
import { keepSame } from "../src/model/monitor/same";
import { decodeTrends, lastMinutes } from "../src/model/monitor/trends";
import { chosenQueues, pageAt, readWish } from "../src/model/monitor/wallboard";
import { decodeWhy } from "../src/model/monitor/why";

function monitorOf(monitor: unknown) {
  return decodeMonitor({ statusCode: 0, monitor });
}

const AGENTS = [
  { user: "a", name: "Ada", state: "NotReady", reason: "Lunch", sinceMs: 5, skills: ["Sales"] },
  { user: "b", name: "Bob", state: "OnCall", sinceMs: 9, customer: "555", teams: ["North"] },
  { user: "c", name: "Cy", state: "OnCall", sinceMs: 2, skills: ["Sales"], teams: ["North"] },
  { user: "d", name: "Dee", state: "Ready", dn: "5004", sinceMs: 1 },
];

function queues(...names: string[]): readonly Queue[] {
  return monitorOf({ queues: names.map((name) => ({ name })) }).queues;
}

describe("the dashboard's tables", () => {
  const rows = monitorOf({ agentRows: AGENTS, calls: [] }).agentRows ?? [];
  const users = (filter: Partial<typeof NO_FILTER>) =>
    shownAgents(rows, { ...NO_FILTER, ...filter }).map(({ user }) => user).join("");

  it("are not there for those who may not see them", () => {
    expect(monitorOf({}).agentRows).toBeNull();
    expect(monitorOf({}).calls).toBeNull();
  });

  it("show the ready first and the longest state before the others", () => {
    expect(users({})).toBe("dcba");
  });

  it("show those who fit every part of the filter", () => {
    expect(users({ skill: "Sales" })).toBe("ca");
    expect(users({ team: "North", skill: "Sales" })).toBe("c");
    expect(users({ state: "NotReady" })).toBe("a");
    expect(users({ typed: " 5004 " })).toBe("d");
    expect(teamsOf(rows)).toEqual(["North"]);
  });

  it("show one queue's calls", () => {
    const calls = monitorOf({ calls: [{ id: "1", queue: "VQ" }, { id: "2" }] }).calls ?? [];
    expect(shownCalls(calls, { ...NO_FILTER, queue: "VQ" }).map(({ id }) => id)).toEqual(["1"]);
  });
});

describe("a queue", () => {
  it("has no service level when nobody called, which is not a bad one", () => {
    const [queue] = queues("VQ");
    expect(queue?.hour.serviceLevelPercent).toBeNull();
    expect(gradeOfLevel(null, GOALS)).toBe("none");
    expect(percent(null)).toBe("–");
  });

  it("is graded by its goals", () => {
    const grades = [95, 75, 69].map((level) => gradeOfLevel(level, GOALS));
    expect(grades).toEqual(["good", "warn", "bad"]);
    const [queue] = monitorOf({ queues: [{ waiting: 1, longestWaitSeconds: 61 }] }).queues;
    if (queue === undefined) throw new Error("one queue was given");
    expect(gradeOfWait(queue, GOALS)).toBe("bad");
    expect(gradeOfWait({ ...queue, longestWaitSeconds: 31 }, GOALS)).toBe("warn");
    expect(gradeOfWait({ ...queue, waiting: 0 }, GOALS)).toBe("none");
  });
});

describe("trends", () => {
  it("have a time for each value, and null where there is none", () => {
    const trends = decodeTrends({ firstMinuteMs: 60_000, trends: { level: [1, null, 3] } });
    expect(trends).toEqual({ times: [60, 120, 180], series: { level: [1, null, 3] } });
    expect(lastMinutes(trends, 2)).toEqual({ times: [120, 180], series: { level: [null, 3] } });
  });
});

describe("the wallboard", () => {
  it("reads what its address asks for, within limits", () => {
    const wish = readWish("?queues=b,%20a,&level=70&wait=0&turn=1&perPage=99");
    expect(wish.queues).toEqual(["b", "a"]);
    expect(wish.goals).toEqual({ levelPercent: 70, waitSeconds: 1 });
    expect([wish.turnSeconds, wish.perPage]).toEqual([3, 12]);
    expect(readWish("?level=x").goals).toEqual(GOALS);
  });

  it("shows the queues in the order asked for, and says which there are not", () => {
    const { shown, unknown } = chosenQueues(queues("a", "b"), readWish("?queues=b,c,a"));
    expect([shown.map(({ name }) => name), unknown]).toEqual([["b", "a"], ["c"]]);
  });

  it("turns its pages and begins again", () => {
    const wish = readWish("?perPage=2&turn=10");
    const names = [0, 10_000, 20_000].map((now) => {
      return pageAt(queues("a", "b", "c"), wish, now).queues.map(({ name }) => name).join("");
    });
    expect(names).toEqual(["ab", "c", "ab"]);
    expect(pageAt([], wish, 0).pages).toBe(1);
  });
});

describe("the router's words", () => {
  it("say whom a call waits for, why not for each, and what comes next", () => {
    const agents = Array.from({ length: 10 }, (_, at) => ({ dn: `500${at}`, why: "on a call" }));
    const why = decodeWhy({
      words: "It waits.",
      targets: [{ team: "?:Support > 0", agents }, { team: "?:Sales > 0", agents: [] }],
      next: { step: "play music", at: null },
    });
    expect(why.words).toBe("It waits.");
    expect(why.lines[0]).toMatch(/^\?:Support > 0: 5000 on a call; .*; and 2 more$/);
    expect(why.lines.slice(1)).toEqual(["?:Sales > 0: nobody is logged in", "Next: play music"]);
  });
});

describe("a reading that says what the last said", () => {
  it("is the last one, part by part", () => {
    const before = { rows: [{ a: 1 }, { a: 2 }], level: null };
    expect(keepSame(before, structuredClone(before))).toBe(before);
    const now = keepSame(before, { rows: [{ a: 1 }, { a: 3 }], level: null });
    expect(now).toEqual({ rows: [{ a: 1 }, { a: 3 }], level: null });
    expect(now.rows[0]).toBe(before.rows[0]);
    expect(keepSame(before, { ...before, rows: [] }).rows).toEqual([]);
    expect(keepSame<unknown>(before, [1])).toEqual([1]);
  });
});
