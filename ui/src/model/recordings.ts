// The recordings page: which recordings are asked for, which came, and which one is open.

import type { User } from "./facts";
import { list, number, optionalNumber, optionalText, record, text } from "./read";

export interface Recording {
  readonly id: string;
  readonly dn: string;
  readonly agent: string | null;
  readonly callType: string;
  /** Whom the agent talked with. */
  readonly other: string;
  readonly startedMs: number;
  readonly durationMs: number;
  /** Pauses: from and to, in ms from the start. */
  readonly gaps: readonly Gap[];
  readonly failure: string | null;
  readonly bytes: number;
  readonly format: string;
}

export type Gap = readonly [from: number, to: number];

/** As typed; empty asks for everything. */
export interface Filter {
  readonly from: string;
  readonly to: string;
  readonly agent: string;
  readonly dn: string;
  readonly number: string;
}

export const NO_FILTER: Filter = { from: "", to: "", agent: "", dn: "", number: "" };
export const PAGE_SIZE = 25;

export interface RecordingsState {
  readonly filter: Filter;
  readonly offset: number;
  readonly busy: boolean;
  readonly recordings: readonly Recording[];
  /** null: the server did not count. */
  readonly total: number | null;
  readonly openId: string | null;
  readonly problem: string | null;
  /** This person may not hear recordings. */
  readonly refused: boolean;
}

export const NO_RECORDINGS: RecordingsState = {
  filter: NO_FILTER,
  offset: 0,
  busy: false,
  recordings: [],
  total: null,
  openId: null,
  problem: null,
  refused: false,
};

export type RecordingsEvent =
  | { readonly type: "asked"; readonly filter: Filter; readonly offset: number }
  | { readonly type: "read"; readonly page: Page }
  | { readonly type: "failed"; readonly problem: string; readonly refused: boolean }
  | { readonly type: "opened"; readonly id: string | null }
  | { readonly type: "deleted"; readonly id: string };

export interface Page {
  readonly recordings: readonly Recording[];
  readonly total: number | null;
}

export function recordingsReducer(
  state: RecordingsState,
  event: RecordingsEvent,
): RecordingsState {
  switch (event.type) {
    case "asked":
      return { ...state, filter: event.filter, offset: event.offset, busy: true, problem: null };
    case "read": {
      const { recordings, total } = event.page;
      const open = recordings.some(({ id }) => id === state.openId);
      const openId = open ? state.openId : null;
      return { ...state, busy: false, recordings, total, openId, refused: false };
    }
    case "failed":
      return { ...state, busy: false, problem: event.problem, refused: event.refused };
    case "opened":
      return { ...state, openId: event.id };
    case "deleted":
      return {
        ...state,
        recordings: state.recordings.filter(({ id }) => id !== event.id),
        total: state.total === null ? null : Math.max(0, state.total - 1),
        openId: state.openId === event.id ? null : state.openId,
      };
  }
}

export function decodeRecordings(body: unknown): Page {
  const answer = record(body);
  return {
    recordings: list(answer["recordings"]).map(decodeRecording).filter(({ id }) => id !== ""),
    total: optionalNumber(answer["total"]),
  };
}

function decodeRecording(value: unknown): Recording {
  const raw = record(value);
  const callType = text(raw["callType"]);
  const caller = callType === "Inbound" ? optionalText(raw["ani"]) : null;
  const durationMs = number(raw["durationMs"]);
  return {
    id: text(raw["id"]),
    dn: text(raw["dn"]),
    agent: optionalText(raw["agent"]),
    callType,
    other: optionalText(raw["other"]) ?? caller ?? text(raw["dnis"]),
    startedMs: number(raw["startedMs"]),
    durationMs,
    gaps: list(raw["gaps"]).flatMap((gap) => decodeGap(gap, durationMs)),
    failure: optionalText(raw["failure"]),
    bytes: number(raw["bytes"]),
    format: text(raw["format"]),
  };
}

function decodeGap(value: unknown, durationMs: number): readonly Gap[] {
  const [from, to] = list(value).map(number);
  if (from === undefined || to === undefined) return [];
  const end = Math.min(to, durationMs);
  return from < end ? [[from, end]] : [];
}

/** Days are whole days where the listener is: the last one is meant as well. */
export function queryOf(filter: Filter, offset: number): URLSearchParams {
  const query = new URLSearchParams();
  const from = dayStart(filter.from, 0);
  const to = dayStart(filter.to, 1);
  if (from !== null) query.set("from", from);
  if (to !== null) query.set("to", to);
  for (const name of ["agent", "dn", "number"] as const) {
    if (filter[name].trim() !== "") query.set(name, filter[name].trim());
  }
  query.set("limit", String(PAGE_SIZE));
  query.set("offset", String(offset));
  return query;
}

function dayStart(day: string, later: number): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (match === null) return null;
  const [, year, month, date] = match.map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  return new Date(year, month - 1, date + later).toISOString();
}

export function hasNext(state: RecordingsState): boolean {
  const { total, offset, recordings } = state;
  return total === null ? recordings.length >= PAGE_SIZE : offset + recordings.length < total;
}

export function rangeWords(state: RecordingsState): string {
  const { total, offset, recordings } = state;
  if (recordings.length === 0) return "No recordings";
  const shown = `${offset + 1}–${offset + recordings.length}`;
  return total === null ? shown : `${shown} of ${total}`;
}

export function gapWords(recording: Recording): string {
  const count = recording.gaps.length;
  if (count === 0) return "–";
  const seconds = recording.gaps.reduce((sum, [from, to]) => sum + to - from, 0) / 1000;
  return `${count} · ${Math.round(seconds)} s`;
}

export function audioPath(id: string): string {
  return `/api/v2/recordings/${encodeURIComponent(id)}/audio`;
}

export function fileName(recording: Recording): string {
  const when = new Date(recording.startedMs).toISOString().slice(0, 19).replaceAll(":", "-");
  return `${when}_${recording.dn}.${recording.format === "wav" ? "wav" : "ogg"}`;
}

export function mayHear(user: User): boolean {
  const roles: readonly string[] = ["ROLE_SUPERVISOR", "ROLE_ADMIN"];
  return user.features.includes("recordings") || user.roles.some((role) => roles.includes(role));
}

export function mayDelete(user: User): boolean {
  return user.roles.includes("ROLE_ADMIN");
}
