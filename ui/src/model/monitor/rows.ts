// The tables of agents, calls and skills, and what of them is shown.

import { list, number, optionalNumber, optionalText, record, text, texts } from "../read";

export const AGENT_STATES = ["Ready", "OnCall", "AfterCallWork", "NotReady", "LoggedOut"] as const;
export type AgentState = (typeof AGENT_STATES)[number];

export const STATE_WORDS: Readonly<Record<AgentState, string>> = {
  Ready: "Ready",
  OnCall: "On call",
  AfterCallWork: "After-call work",
  NotReady: "Not ready",
  LoggedOut: "Logged out",
};

export interface AgentRow {
  readonly user: string;
  readonly name: string;
  readonly dn: string | null;
  readonly state: AgentState;
  readonly reason: string | null;
  readonly sinceMs: number | null;
  readonly call: string | null;
  readonly customer: string | null;
  readonly skills: readonly string[];
  readonly teams: readonly string[];
}

export interface CallRow {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly ani: string | null;
  readonly dnis: string | null;
  readonly queue: string | null;
  readonly dns: readonly string[];
  readonly sinceMs: number;
  /** How its worst leg sounds, 1 to 4.5; null: nothing is measured. */
  readonly mos: number | null;
}

export interface SkillRow {
  readonly name: string;
  readonly loggedIn: number;
  readonly ready: number;
  readonly onCall: number;
  readonly afterCallWork: number;
  readonly notReady: number;
  readonly reasons: readonly (readonly [reason: string, count: number])[];
}

export function decodeAgents(value: unknown): readonly AgentRow[] {
  return list(value).map((item) => {
    const row = record(item);
    const state = AGENT_STATES.find((known) => known === row["state"]) ?? "LoggedOut";
    return {
      user: text(row["user"]),
      name: text(row["name"]) || text(row["user"]),
      dn: optionalText(row["dn"]),
      state,
      reason: optionalText(row["reason"]),
      sinceMs: optionalNumber(row["sinceMs"]),
      call: optionalText(row["call"]),
      customer: optionalText(row["customer"]),
      skills: texts(row["skills"]),
      teams: texts(row["teams"]),
    };
  });
}

export function decodeCalls(value: unknown): readonly CallRow[] {
  return list(value).map((item) => {
    const row = record(item);
    return {
      id: text(row["id"]),
      type: text(row["type"]),
      state: text(row["state"]),
      ani: optionalText(row["ani"]),
      dnis: optionalText(row["dnis"]),
      queue: optionalText(row["queue"]),
      dns: texts(row["dns"]),
      sinceMs: number(row["sinceMs"]),
      mos: optionalNumber(row["mos"]),
    };
  });
}

export function decodeSkills(value: unknown): readonly SkillRow[] {
  return list(value).map((item) => {
    const row = record(item);
    const reasons = Object.entries(record(row["reasons"]));
    return {
      name: text(row["name"]),
      loggedIn: number(row["loggedIn"]),
      ready: number(row["ready"]),
      onCall: number(row["onCall"]),
      afterCallWork: number(row["afterCallWork"]),
      notReady: number(row["notReady"]),
      reasons: reasons.map(([reason, count]) => [reason, number(count)] as const),
    };
  });
}

/** What is shown of the tables; empty shows everything. */
export interface Filter {
  readonly queue: string;
  readonly skill: string;
  readonly team: string;
  readonly state: string;
  readonly typed: string;
}

export const NO_FILTER: Filter = { queue: "", skill: "", team: "", state: "", typed: "" };

/** Those who fit, the busiest states first, and in them whoever is there longest. */
export function shownAgents(rows: readonly AgentRow[], filter: Filter): readonly AgentRow[] {
  const typed = filter.typed.trim().toLowerCase();
  const fits = (row: AgentRow) =>
    (filter.skill === "" || row.skills.includes(filter.skill)) &&
    (filter.team === "" || row.teams.includes(filter.team)) &&
    (filter.state === "" ? true : row.state === filter.state) &&
    (typed === "" || `${row.name} ${row.user} ${row.dn ?? ""}`.toLowerCase().includes(typed));
  const rank = (row: AgentRow) => AGENT_STATES.indexOf(row.state);
  return rows.filter(fits).toSorted((a, b) =>
    rank(a) - rank(b) || (a.sinceMs ?? 0) - (b.sinceMs ?? 0) || a.user.localeCompare(b.user),
  );
}

export function shownCalls(rows: readonly CallRow[], filter: Filter): readonly CallRow[] {
  return rows.filter((row) => filter.queue === "" || row.queue === filter.queue);
}

export function teamsOf(rows: readonly AgentRow[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => row.teams))].toSorted();
}
