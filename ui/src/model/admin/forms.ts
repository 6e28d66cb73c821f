// The form of each kind: its fields, and what a new object begins with.

import type { Json } from "../read";
import type { Case, Control, Field, Source } from "./fields";
import type { Kind } from "./kinds";
import { ANY_DN, EXTENSIONS, GOALS, PERSONS, VIRTUAL_QUEUES, pick } from "./steps";

export interface Form {
  readonly fields: readonly Field[];
  readonly blank: Json;
  /** Members that a copy doesn't take along, because they are one person's or one device's own. */
  readonly own?: readonly string[];
}

export const LEVEL_MAX = 1000;
const WRAP_UP_S_MAX = 3600;
const AGENTS_BY_NAME: Source = {
  ...PERSONS,
  only: (object) => Array.isArray(object["roles"]) && object["roles"].includes("Agent"),
};
const OPTIONS: Field = field("options", "Options", { sort: "options" },
  "By section, as programs of the T-Server family know them.");
const DESCRIPTION = field("description", "Description", { sort: "note" });
const ALIAS = field("alias", "Alias", { sort: "optionalText" }, "What people read instead.");
const CONTACT = { sort: "text", example: "192.0.2.10:5060" } as const;

const ROLES = { Admin: "Admin", Agent: "Agent", Supervisor: "Supervisor" } as const;

const PRIVILEGES = {
  "read-configuration": "See the configuration and who changed what",
  "change-persons": "Change persons, agent logins, groups and skills",
  "change-routing": "Change strategies, route points, business hours, action codes and media",
  "change-telephony": "Change DNs, places, trunks, the dial plan, switch and applications",
  "change-roles": "Give and take privileges",
  monitor: "See the dashboard and the wallboard",
  listen: "Listen to agents' calls",
  coach: "Join agents' calls, to coach or to take part",
  "set-agent-state": "Change agents' states and log them out",
  export: "Take history and recordings out",
} as const;

const DN_TYPES: readonly Case[] = [
  {
    word: "extension",
    title: "Extension",
    blank: { password: null, cti_control: false, reject_not_ready: true, record: "on-demand" },
    fields: [
      field("password", "SIP password", { sort: "password", removable: true },
        "Without one, REGISTER is taken without a challenge."),
      field("cti_control", "Buttons by NOTIFY (sip-cti-control)", { sort: "flag" }),
      field("reject_not_ready", "Busy to direct calls while its agent is not ready",
        { sort: "flag" }),
      field("record", "Recording", {
        sort: "choice",
        words: {
          "on-demand": "When somebody asks", always: "Always, from the answer on",
          never: "Never",
        },
      }),
    ],
  },
  {
    word: "route-point",
    title: "Route point",
    blank: { dnis: [], strategy: "" },
    fields: [
      field("strategy", "Strategy", pick({ kinds: ["strategies"] })),
      field("dnis", "Dialled numbers", { sort: "texts", example: "+18005551234" },
        "Outside numbers that lead here."),
    ],
  },
  { word: "virtual-queue", title: "Virtual queue", blank: undefined, fields: [] },
];

const ACCOUNT: readonly Field[] = [
  field("user", "User", { sort: "text", example: "4930123450" }),
  field("password", "Password", { sort: "password", removable: true }),
  field("register_s", "Registered for", { sort: "number", max: 86_400, unit: "s" },
    "0: the carrier knows where we are."),
];

const NO_LIMITS = { calls: 0, dials_per_minute: 0 };

const LIMITS: readonly Field[] = [
  field("calls", "Calls at one time", { sort: "number", max: 100_000 }, "0: as many as come."),
  field("dials_per_minute", "Calls that we make in a minute", { sort: "number", max: 100_000 },
    "0: as many as are dialled."),
];

const NUMBERS: readonly Field[] = [
  field("form", "As the carrier writes them", {
    sort: "choice",
    words: {
      "as-is": "As dialled", e164: "+4930123450", bare: "4930123450", national: "030123450",
    },
  }),
  field("country", "Our country", { sort: "text", example: "49" }),
  field("international", "Before a country", { sort: "text", example: "00" }),
  field("national", "Before an area", { sort: "text", example: "0" }),
  field("caller", "Shown for our own people",
    { sort: "optionalText", example: "+4930123450" }, "Empty: their DN."),
];

const DEFAULT_DN = field("default_dn", "Default DN", pick(ANY_DN, true),
  "Where calls go that can't be handled here.");

const RESOURCE_TYPES: readonly Case[] = [
  { word: "acd-queue", title: "ACD queue", blank: { default_dn: null }, fields: [DEFAULT_DN] },
  {
    word: "external-route-point", title: "External route point", blank: { default_dn: null },
    fields: [DEFAULT_DN],
  },
  {
    word: "trunk-group", title: "Trunk group", blank: { contact: "" },
    fields: [field("contact", "Contact", CONTACT)],
  },
  {
    word: "voice-over-ip-service", title: "Voice over IP service",
    blank: { service_type: "moh", contact: null },
    fields: [
      field("service_type", "Service type", {
        sort: "choice",
        words: {
          moh: "moh", msml: "msml", music: "music", recorder: "recorder",
          softswitch: "softswitch", treatment: "treatment",
        },
      }),
      field("contact", "Contact", { sort: "optionalText", example: CONTACT.example },
        "Empty: the one inside Cordboard."),
    ],
  },
  { word: "voice-treatment-port", title: "Voice treatment port", blank: undefined, fields: [] },
  { word: "communication-dn", title: "Communication DN", blank: undefined, fields: [] },
];

const PAST_CONTACT: readonly Field[] = [
  field("at", "When", { sort: "text", example: "2026-04-03T09:30:00Z" }),
  field("channel", "Channel", { sort: "text", example: "voice" }),
  field("subject", "Subject", { sort: "text" }),
  field("agent", "Agent", { sort: "text" }),
  field("outcome", "Outcome", { sort: "text" }),
];

export const FORMS: Readonly<Record<Kind, Form>> = {
  action_codes: form({ kind: "not-ready", code: "", description: "" }, [
    field("kind", "Given for", {
      sort: "choice",
      words: {
        "not-ready": "Not ready", disposition: "Disposition", "after-call-work": "After-call work",
        login: "Login", logout: "Logout",
      },
    }),
    field("code", "Code", { sort: "text" }, "What events and reports carry."),
    DESCRIPTION,
  ]),
  agent_groups: form({ description: "", members: [], skills: null, supervisors: [] }, [
    DESCRIPTION,
    field("skills", "Agents by skill", { sort: "expression", of: "skills", optional: true },
      "For example Support > 2 & English > 0"),
    field("members", "Agents by name", { sort: "picks", from: AGENTS_BY_NAME }),
    field("supervisors", "Supervisors", { sort: "picks", from: PERSONS }),
  ]),
  agent_logins: form({ person: null, wrap_up_s: null }, [
    field("person", "Person", pick(PERSONS, true)),
    field("wrap_up_s", "After-call work",
      { sort: "optionalNumber", max: WRAP_UP_S_MAX, unit: "s" }, "Empty: as the person says."),
  ], ["person"]),
  applications: form({ description: "", options: {} }, [DESCRIPTION, OPTIONS]),
  calendars: form({ time_zone: "UTC", hours: {}, holidays: {} }, [
    field("time_zone", "Time zone", { sort: "text", example: "Europe/Berlin" }),
    field("hours", "Open", { sort: "hours" }),
    field("holidays", "Holidays", { sort: "holidays" }),
  ]),
  customers: form({ id: "", name: "", account_type: "", reason: "", contacts: [] }, [
    field("id", "Customer ID", { sort: "text" }),
    field("name", "Full name", { sort: "text" }),
    field("account_type", "Account type", { sort: "text", example: "premium" }),
    field("reason", "Usual reason of calls", { sort: "text" }),
    field("contacts", "Past contacts, newest first",
      { sort: "rows", fields: PAST_CONTACT, item: "Past contact" }),
  ]),
  dial_plan: form({ match: "", trunk: "", then: [], strip: 0, prefix: "", emergency: false }, [
    field("match", "Numbers that begin with", { sort: "text", example: "9" },
      "Empty: every number. An emergency number is given whole."),
    field("strip", "Characters taken off the front", { sort: "number", max: 255 }),
    field("prefix", "Put before the rest", { sort: "text", example: "+" }),
    field("trunk", "Trunk", pick({ kinds: ["trunks"] })),
    field("then", "Other trunks, when that one is full or fails",
      { sort: "picks", from: { kinds: ["trunks"] } }),
    field("emergency", "Emergency number", { sort: "flag" }),
  ]),
  dns: form(
    { kind: { extension: DN_TYPES[0]?.blank }, alias: null, default_dn: null, position: false,
      options: {} },
    [
      field("kind", "Type", { sort: "variant", cases: DN_TYPES, optional: false }),
      ALIAS,
      DEFAULT_DN,
      field("position", "ACD position: of use to logged-in agents alone", { sort: "flag" }),
      OPTIONS,
    ],
  ),
  media: form({ description: "", files: {} }, [
    DESCRIPTION,
    field("files", "Files", { sort: "sounds" },
      "WAV or Ogg for each language, such as en or pt-BR: a path below the folder of sounds."),
  ]),
  persons: form(
    { first_name: "", last_name: "", employee_id: "", roles: ["Agent"], place: null, skills: {},
      wrap_up_s: 0, auto_answer: false },
    [
      field("first_name", "First name", { sort: "text" }),
      field("last_name", "Last name", { sort: "text" }),
      field("employee_id", "Employee ID", { sort: "text" }, "The agent's ID at the switch."),
      field("password", "Password", { sort: "password", removable: false },
        "Without one the person can't log in."),
      field("roles", "Roles", { sort: "checks", words: ROLES }),
      field("place", "Place", pick({ kinds: ["places"] }, true)),
      field("skills", "Skills", { sort: "levels" }),
      field("wrap_up_s", "After-call work", { sort: "number", max: WRAP_UP_S_MAX, unit: "s" }),
      field("auto_answer", "Routed calls answer by themselves", { sort: "flag" }),
    ],
    ["user_name", "employee_id", "password", "password_hash", "place"],
  ),
  places: form({ dns: [] }, [
    field("dns", "DNs", { sort: "picks", from: EXTENSIONS },
      "The first is the one that an agent logs in at."),
  ], ["dns"]),
  resources: form({ kind: { "acd-queue": { default_dn: null } }, alias: null, options: {} }, [
    field("kind", "Type", { sort: "variant", cases: RESOURCE_TYPES, optional: false }),
    ALIAS,
    OPTIONS,
  ]),
  roles: form({ description: "", members: [], privileges: [] }, [
    DESCRIPTION,
    field("privileges", "Privileges", { sort: "checks", words: PRIVILEGES }),
    field("members", "Members", { sort: "picks", from: PERSONS }),
  ]),
  skills: form({ description: "" }, [DESCRIPTION]),
  strategies: form(
    { skills: "", virtual_queue: null, attach_customer: true, no_answer_s: 15, record: null },
    [
      field("steps", "Steps", { sort: "steps" }),
      field("default", "When all steps are through",
        { sort: "variant", cases: GOALS, optional: true }),
      field("skills", "Without steps, wait for",
        { sort: "expression", of: "skills", optional: false }),
      field("virtual_queue", "Virtual queue", pick(VIRTUAL_QUEUES, true)),
      field("no_answer_s", "An agent's phone rings for", { sort: "number", max: 600, unit: "s" }),
      field("record", "Recording", {
        sort: "optionalFlag", words: ["As the phone's DN says", "Always", "Never"],
      }),
      field("attach_customer", "Attach the customer's record", { sort: "flag" }),
    ],
  ),
  switch: form({ name: "", server: 1, domain: "" }, [
    field("name", "Name", { sort: "text" }),
    field("server", "T-Server ID", { sort: "number", min: 1, max: 65_535 },
      "The first four digits of every ConnID."),
    field("domain", "SIP domain and digest realm", { sort: "text", example: "example.org" },
      "Phones keep passwords per realm: after a change of it they have to sign in anew."),
  ]),
  tenants: form({ description: "", time_zone: null }, [
    DESCRIPTION,
    field("time_zone", "Time zone", { sort: "optionalText", example: "Europe/Berlin" }),
  ]),
  trunks: form({
    accept_from: [], contact: "", domain: null, account: null, limits: NO_LIMITS,
    numbers: { form: "as-is", country: "", international: "", national: "", caller: null },
    identity: "trusted", probe_s: 0, options: {},
  }, [
    field("contact", "Contact", { sort: "text", example: "sip.carrier.example;transport=tls" },
      "Where our calls go: an address, or a name that the DNS knows."),
    field("domain", "Domain", { sort: "optionalText", example: "carrier.example" },
      "The carrier's name in SIP addresses. Empty: the contact's."),
    field("accept_from", "Accepts calls from", { sort: "texts", example: "192.0.2.10" },
      "Addresses whose calls are taken without credentials; where we are registered, none is \
needed."),
    field("account", "Account", {
      sort: "optionalFields", check: "The carrier wants to know who we are",
      blank: { user: "", password: null, register_s: 600 }, fields: ACCOUNT,
    }),
    field("limits", "Limits", { sort: "fields", fields: LIMITS }),
    field("numbers", "Numbers", { sort: "fields", fields: NUMBERS }),
    field("identity", "Callers' identities", {
      sort: "choice",
      words: { trusted: "Exchanged with this carrier", untrusted: "Neither believed nor told" },
    }),
    field("probe_s", "Probe every", { sort: "number", max: 86_400, unit: "s" }, "0: never."),
    OPTIONS,
  ]),
};

function form(blank: Json, fields: readonly Field[], own?: readonly string[]): Form {
  return { fields, blank, ...(own === undefined ? {} : { own }) };
}

function field(name: string, label: string, control: Control, help?: string): Field {
  return { name, label, control, ...(help === undefined ? {} : { help }) };
}
