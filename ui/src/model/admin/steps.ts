// The steps of strategies. A new kind of step is one entry in `STEPS`.

import { bareCase } from "./fields";
import type { Case, Control, Field, Source } from "./fields";

export const AGENTS: Source = { kinds: ["persons"], member: "employee_id", only: isAgent };
export const PERSONS: Source = { kinds: ["persons"] };
export const ANY_DN: Source = { kinds: ["dns", "resources"] };

const dnOf = (...types: readonly string[]): Source => ({
  kinds: ["dns"],
  only: (object) => types.includes(typeof object["kind"] === "string"
    ? object["kind"] : Object.keys(object["kind"] ?? {})[0] ?? ""),
});
export const EXTENSIONS = dnOf("extension");
export const ROUTE_POINTS = dnOf("route-point");
export const VIRTUAL_QUEUES = dnOf("virtual-queue");

const STEP_LIST: Control = { sort: "steps" };
const SECONDS_MAX = 86_400;

export function pick(from: Source, optional = false): Control {
  return { sort: "pick", from, optional };
}

/** Where a call goes at once. */
export const GOALS: readonly Case[] = [
  bareCase("route_point", "Route point", pick(ROUTE_POINTS)),
  bareCase("dn", "DN", pick(ANY_DN)),
  bareCase("agent", "Agent", pick(AGENTS)),
  bareCase("number", "Outside number", { sort: "text", example: "+498912345" }),
];

/** Who may take a call when free. */
export const TARGETS: readonly Case[] = [
  bareCase("skills", "By skill", { sort: "expression", of: "skills", optional: false }),
  bareCase("group", "Agent group", pick({ kinds: ["agent_groups"] })),
  bareCase("agent", "Agent", pick(AGENTS)),
  {
    word: "last_agent",
    title: "Last agent of this caller",
    fields: [field("within_days", "Within days", { sort: "number", min: 1, max: 3650 })],
    blank: { within_days: 30 },
  },
];

const CHOICES = {
  "longest-idle": "Longest idle",
  "least-occupied": "Least occupied",
  "most-skilled": "Most skilled",
  "least-skilled": "Least skilled",
  "round-robin": "By turns",
  weighted: "By the targets' weights",
} as const;

const CONDITION: Control = { sort: "expression", of: "condition", optional: false };

export const STEPS: readonly Case[] = [
  step("target", "Wait for an agent", { to: [{ skills: "" }] }, [
    field("to", "Who may take it", { sort: "targets" }),
    field("choose", "Who of them gets it", { sort: "choice", words: CHOICES }),
    field("timeout_s", "Next step after", { sort: "optionalNumber", max: SECONDS_MAX, unit: "s" },
      "Empty: the call waits here until somebody is free."),
    field("keep", "The targets of earlier steps stay", { sort: "flag" }),
    field("only_if_logged_in", "Go on at once when nobody of them is logged in", { sort: "flag" }),
  ]),
  step("branch", "Branch", { when: "", then: [], otherwise: [] }, [
    field("when", "If", CONDITION, "For example account_type = 'premium' & wait > 30"),
    field("then", "Then", STEP_LIST),
    field("otherwise", "Otherwise", STEP_LIST),
  ]),
  step("hours", "Business hours", { calendar: "", closed: [] }, [
    field("calendar", "Go on only while this is open", pick({ kinds: ["calendars"] })),
    field("closed", "While it is closed", STEP_LIST),
  ]),
  step("priority", "Priority", { base: 0, per_minute: 0 }, [
    field("base", "Priority", { sort: "number", min: -1_000_000, max: 1_000_000 },
      "Higher is served first."),
    field("per_minute", "Grows by, per minute of waiting",
      { sort: "number", min: -1_000_000, max: 1_000_000 }),
  ]),
  step("attach", "Attach user data", { user_data: {} }, [
    field("user_data", "User data", { sort: "pairs", name: "Key", value: "Value" }),
  ]),
  {
    word: "route",
    title: "Send elsewhere",
    bare: true,
    blank: { route_point: "" },
    fields: [field("", "To", { sort: "variant", cases: GOALS, optional: false })],
  },
  step("callback", "Promise a call back", { attempts: 3, retry_min: 10, expires_min: 1440 }, [
    field("number", "User data key of the number", { sort: "optionalText" },
      "Empty: the caller's own number. The caller keeps the place and goes on to the next step."),
    field("attempts", "Attempts", { sort: "number", min: 1, max: 9 }),
    field("retry_min", "Between them", { sort: "number", min: 1, max: 1440, unit: "min" }),
    field("expires_min", "Given up after", { sort: "number", min: 1, max: 10_080, unit: "min" }),
  ]),
  step("webhook", "Ask a program", { url: "https://", timeout_s: 5, send: [], failed: [] }, [
    field("url", "Address", { sort: "text", example: "https://crm.example/lookup" }),
    field("timeout_s", "Failed after", { sort: "number", min: 1, max: 30, unit: "s" }),
    field("send", "User data keys that are sent", { sort: "texts", example: "customer_id" },
      "None: all."),
    field("failed", "When it fails", STEP_LIST),
  ]),
  step("release", "Hang up", undefined, []),
];

function step(word: string, title: string, blank: unknown, fields: readonly Field[]): Case {
  return { word, title, blank, fields };
}

function field(name: string, label: string, control: Control, help?: string): Field {
  return { name, label, control, ...(help === undefined ? {} : { help }) };
}

function isAgent(object: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(object["roles"]) && object["roles"].includes("Agent");
}
