// The kinds of objects that a site is made of, in the order of the list at the left.

import { list, record, text } from "../read";
import type { Json } from "../read";
import { caseOf } from "./fields";
import { isJson } from "./json";

export const GROUPS = ["People", "Telephony", "Routing", "Site"] as const;

export type Kind =
  | "persons" | "agent_groups" | "agent_logins" | "skills" | "roles"
  | "dns" | "places" | "resources" | "trunks" | "dial_plan"
  | "strategies" | "calendars" | "media" | "action_codes" | "customers"
  | "switch" | "tenants" | "applications";

export interface Column {
  readonly head: string;
  /** The field that the server sorts by. */
  readonly field: string;
  readonly cell: (object: Json) => string;
}

export interface KindFacts {
  readonly kind: Kind;
  readonly group: (typeof GROUPS)[number];
  /** As people and the server's messages call one and several of them. */
  readonly one: string;
  readonly many: string;
  /** What its key is called. */
  readonly key: string;
  readonly columns: readonly Column[];
}

export const KINDS: readonly KindFacts[] = [
  entry("persons", "People", "Person", "Persons", "User name", [
    column("First name", "first_name"),
    column("Last name", "last_name"),
    column("Employee ID", "employee_id"),
    column("Place", "place"),
    column("Roles", "roles"),
    column("Skills", "skills", (object) => pairs(object["skills"])),
  ]),
  entry("agent_groups", "People", "Agent group", "Agent groups", "Name", [
    column("By skill", "skills"), column("Agents by name", "members"),
    column("Supervisors", "supervisors"), column("Description", "description"),
  ]),
  entry("agent_logins", "People", "Agent login", "Agent logins", "Login code", [
    column("Person", "person"), column("After-call work, s", "wrap_up_s"),
  ]),
  entry("skills", "People", "Skill", "Skills", "Name", [column("Description", "description")]),
  entry("roles", "People", "Role", "Roles", "Name", [
    column("Description", "description"), column("Members", "members"),
    column("Privileges", "privileges"),
  ]),
  entry("dns", "Telephony", "DN", "DNs", "Number", [
    column("Type", "kind", (object) => caseOf(object["kind"])),
    column("Alias", "alias"),
    column("Strategy or dialled numbers", "strategy", (object) => dnWords(object["kind"])),
    column("Default DN", "default_dn"),
  ]),
  entry("places", "Telephony", "Place", "Places", "Name", [column("DNs", "dns")]),
  entry("resources", "Telephony", "Resource", "Queues and services", "Number", [
    column("Type", "kind", (object) => caseOf(object["kind"])), column("Alias", "alias"),
  ]),
  entry("trunks", "Telephony", "Trunk", "Trunks", "Name", [
    column("Contact", "contact"), column("Accepts calls from", "accept_from"),
    column("Probe, s", "probe_s"),
  ]),
  entry("dial_plan", "Telephony", "Dial rule", "Dial plan", "Name", [
    column("Begins with", "match"), column("Strip", "strip"), column("Prefix", "prefix"),
    column("Trunk", "trunk"), column("Emergency", "emergency"),
  ]),
  entry("strategies", "Routing", "Strategy", "Strategies", "Name", [
    column("Skills", "skills"), column("Virtual queue", "virtual_queue"),
    column("Steps", "steps", (object) => String(list(object["steps"]).length || "–")),
  ]),
  entry("calendars", "Routing", "Calendar", "Business hours", "Name", [
    column("Time zone", "time_zone"),
    column("Open on", "hours", (object) => Object.keys(record(object["hours"])).join(", ")),
    column("Holidays", "holidays", (object) =>
      String(Object.keys(record(object["holidays"])).length)),
  ]),
  entry("media", "Routing", "Media file", "Media", "Name", [
    column("Description", "description"),
    column("Languages", "files", (object) => Object.keys(record(object["files"])).join(", ")),
  ]),
  entry("action_codes", "Routing", "Action code", "Action codes", "Name", [
    column("Given for", "kind"), column("Code", "code"), column("Description", "description"),
  ]),
  entry("customers", "Routing", "Customer", "Customers", "Telephone number", [
    column("Customer ID", "id"), column("Full name", "name"),
    column("Account type", "account_type"),
  ]),
  entry("switch", "Site", "Switch", "Switch", "Name", [
    column("Switch name", "name"), column("T-Server ID", "server"), column("Domain", "domain"),
  ]),
  entry("tenants", "Site", "Tenant", "Tenants", "Name", [
    column("Description", "description"), column("Time zone", "time_zone"),
  ]),
  entry("applications", "Site", "Application", "Applications", "Name", [
    column("Description", "description"),
    column("Sections", "options", (object) => Object.keys(record(object["options"])).join(", ")),
  ]),
];

const BY_KIND = new Map<string, KindFacts>(KINDS.map((facts) => [facts.kind, facts]));

export function factsOf(kind: Kind): KindFacts {
  const facts = BY_KIND.get(kind);
  if (facts === undefined) throw new Error(`the table of kinds lacks ${kind}`);
  return facts;
}

/** A kind by its table (`agent_groups`), its word (`agent-group`) or its title (`Agent group`). */
export function kindOf(name: string): Kind | null {
  const known = ALIASES.get(name.toLowerCase());
  if (known !== undefined) return known;
  const plain = name.toLowerCase().replaceAll("-", " ");
  const facts = KINDS.find(({ kind: own, one }) => own === name || one.toLowerCase() === plain);
  return facts?.kind ?? null;
}

/** Kinds of DNs that the server's messages call by a name of their own. */
const ALIASES: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["route point", "dns"], ["virtual queue", "dns"], ["extension", "dns"],
]);

/** The switch is one object under this key. */
export const SWITCH_KEY = "switch";

function entry(
  name: Kind, group: KindFacts["group"], one: string, many: string, key: string,
  columns: readonly Column[],
): KindFacts {
  return { kind: name, group, one, many, key, columns };
}

function column(head: string, field: string, cell?: Column["cell"]): Column {
  return { head, field, cell: cell ?? ((object) => words(object[field])) };
}

/** A value in one line. */
export function words(value: unknown): string {
  if (typeof value === "boolean") return value ? "Yes" : "";
  if (Array.isArray(value)) return value.map(words).join(", ");
  if (isJson(value)) return pairs(value);
  return text(value);
}

function pairs(value: unknown): string {
  return Object.entries(record(value)).map(([name, level]) => `${name} ${words(level)}`).join(", ");
}

function dnWords(value: unknown): string {
  const routePoint = record(record(value)["route-point"]);
  return [text(routePoint["strategy"]), words(routePoint["dnis"])]
    .filter((part) => part !== "").join(" · ");
}
