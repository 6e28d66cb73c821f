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

/** A piece of what is said. */
const SAYS: readonly Case[] = [
  bareCase("text", "Text", { sort: "note" }),
  bareShape("texts", "Text by language", { sort: "pairs", name: "Language", value: "Text" }, {}),
  bareCase("media", "Sound file", pick({ kinds: ["media"] })),
  bareShape("pause_ms", "Pause", { sort: "number", max: 60_000, unit: "ms" }, 500),
  { word: "beep", title: "Tone", fields: [], blank: undefined },
];
const PROMPT: Control = { sort: "variants", cases: SAYS, item: "Piece" };
const FILLED_IN = "{position}, {expected_wait}, {wait} and {key} of the user data are filled in.";

/** What a caller hears in turn while waiting. */
const PASTIMES: readonly Case[] = [
  bareShape("music_s", "Music", { sort: "number", min: 1, max: SECONDS_MAX, unit: "s" }, 30),
  bareShape("play", "Say or play", PROMPT, [{ text: "" }]),
];

const KEYS: Control = {
  sort: "fields",
  fields: [
    field("keys_max", "Keys at most", { sort: "number", min: 1, max: 32 }),
    field("first_s", "Wait for the first", { sort: "number", min: 1, max: 120, unit: "s" }),
    field("next_s", "Wait for the next", { sort: "number", min: 1, max: 120, unit: "s" }),
    field("ends_with", "Ended by", { sort: "text", example: "#" }),
    field("barge_in", "Keys interrupt the prompt", { sort: "flag" }),
  ],
};
const TRIES = field("tries", "Asked at most", { sort: "number", min: 1, max: 9, unit: "times" });
const INVALID = field("invalid", "Said after a wrong entry", PROMPT);

const CONDITION: Control = { sort: "expression", of: "condition", optional: false };

export const STEPS: readonly Case[] = [
  step("target", "Wait for an agent", { to: [{ skills: "" }] }, [
    field("to", "Who may take it", { sort: "targets" }),
    field("choose", "Who of them gets it", { sort: "choice", words: CHOICES }),
    field("timeout_s", "Next step after", { sort: "optionalNumber", max: SECONDS_MAX, unit: "s" },
      "Empty: the call waits here until somebody is free."),
    field("keep", "The targets of earlier steps stay", { sort: "flag" }),
    field("only_if_logged_in", "Go on at once when nobody of them is logged in", { sort: "flag" }),
    field("while_waiting", "What the caller hears, in turn",
      { sort: "variants", cases: PASTIMES, item: "Part" }, "Nothing: music."),
  ]),
  step("play", "Say or play", { prompt: [{ text: "" }] }, [
    field("prompt", "What", PROMPT, FILLED_IN),
  ]),
  step("menu", "Menu", {
    prompt: [{ text: "" }], choices: { 1: [] }, otherwise: [], first_s: 5, tries: 3, invalid: [],
    into: "MenuChoice",
  }, [
    field("prompt", "What is said before", PROMPT, FILLED_IN),
    field("choices", "Choices", { sort: "choices" }),
    field("otherwise", "When nothing of these is entered", STEP_LIST),
    field("first_s", "Wait for a key", { sort: "number", min: 1, max: 120, unit: "s" }),
    TRIES,
    INVALID,
    field("into", "User data key that keeps the choice", { sort: "text" }),
  ]),
  step("collect", "Ask for keys", {
    prompt: [{ text: "" }], into: "", accept: [], tries: 3, invalid: [],
    keys: { keys_max: 8, first_s: 5, next_s: 3, ends_with: "#", barge_in: true },
  }, [
    field("prompt", "What is said before", PROMPT, FILLED_IN),
    field("into", "User data key that keeps the entry", { sort: "text", example: "account" }),
    field("keys", "Keys", KEYS),
    field("accept", "Entries that are accepted", { sort: "texts", example: "12345" },
      "None: any that is not empty."),
    TRIES,
    INVALID,
  ]),
  step("voicemail", "Record a message", {
    mailbox: "", prompt: [{ text: "" }, "beep"], limit_s: 180,
  }, [
    field("mailbox", "Mailbox", { sort: "text", example: "Support" },
      "The name under which the message is listed with the recordings."),
    field("prompt", "What is said before", PROMPT, "A tone belongs to its end."),
    field("limit_s", "At most", { sort: "number", min: 1, max: 600, unit: "s" }),
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

/** A case with one value that has no name, and what that is at first. */
function bareShape(word: string, title: string, control: Control, blank: unknown): Case {
  return { ...bareCase(word, title, control), blank };
}

function field(name: string, label: string, control: Control, help?: string): Field {
  return { name, label, control, ...(help === undefined ? {} : { help }) };
}

function isAgent(object: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(object["roles"]) && object["roles"].includes("Agent");
}
