// The server's answers about the configuration.

import { flag, list, number, optionalText, record, text, texts } from "../read";
import type { Json } from "../read";
import { kindOf } from "./kinds";
import type { Kind } from "./kinds";
import { readProblem } from "./problems";
import type { Problem } from "./problems";

export interface Site {
  readonly version: number;
  readonly counts: ReadonlyMap<Kind, number>;
  /** Kinds that this person may change; null: the server doesn't say. */
  readonly changeable: ReadonlySet<Kind> | null;
}

export interface Item {
  readonly key: string;
  readonly object: Json;
}

export interface ObjectPage {
  readonly total: number;
  readonly offset: number;
  readonly items: readonly Item[];
}

export interface FieldChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Change {
  readonly kind: Kind | null;
  /** The kind as the server wrote it. */
  readonly kindWord: string;
  readonly key: string;
  readonly sort: "added" | "changed" | "removed";
  readonly fields: readonly FieldChange[];
}

export interface Changed {
  readonly version: number;
  readonly changes: readonly Change[];
}

export interface AuditEntry {
  readonly atMs: number;
  readonly who: string;
  readonly version: number;
  readonly changes: readonly Change[];
}

export interface AuditPage {
  readonly total: number;
  readonly entries: readonly AuditEntry[];
}

export interface ImportLine {
  readonly line: number;
  readonly outcome: string;
  readonly message: string;
}

export interface Imported extends Changed {
  readonly lines: readonly ImportLine[];
}

export interface ChangeNotice extends Changed {
  readonly who: string;
}

export function decodeSite(body: unknown): Site {
  const kinds = list(record(body)["kinds"]).map(record).flatMap((item) => {
    const kind = kindOf(text(item["kind"]));
    return kind === null ? [] : [{ kind, item }];
  });
  const tells = kinds.some(({ item }) => item["mayChange"] !== undefined);
  const changeable = kinds.filter(({ item }) => flag(item["mayChange"])).map(({ kind }) => kind);
  return {
    version: number(record(body)["version"]),
    counts: new Map(kinds.map(({ kind, item }) => [kind, number(item["count"])])),
    changeable: tells ? new Set(changeable) : null,
  };
}

export function decodeObjects(body: unknown): ObjectPage {
  const page = record(body);
  return {
    total: number(page["total"]),
    offset: number(page["offset"]),
    items: list(page["items"]).map(record).map((item) => ({
      key: text(item["key"]),
      object: record(item["object"]),
    })),
  };
}

export function decodeObject(body: unknown): Json {
  return record(record(body)["object"]);
}

export function decodeChanged(body: unknown): Changed {
  return {
    version: number(record(body)["version"]),
    changes: list(record(body)["changes"]).map(decodeChange),
  };
}

function decodeChange(value: unknown): Change {
  const change = record(value);
  const sort = text(change["sort"]);
  return {
    kind: kindOf(text(change["kind"])),
    kindWord: text(change["kind"]),
    key: text(change["key"]) || text(change["name"]),
    sort: sort === "added" || sort === "removed" ? sort : "changed",
    fields: list(change["fields"]).map(record).map((field) => ({
      field: text(field["field"]),
      before: shown(field["before"]),
      after: shown(field["after"]),
    })),
  };
}

/** Values come as JSON texts: quotes around plain words are left out. */
function shown(value: unknown): string | null {
  const read = typeof value === "string" ? optionalText(value) : value ?? null;
  if (read === null) return null;
  if (typeof read !== "string") return JSON.stringify(read);
  const plain = /^"([^"\\]*)"$/.exec(read)?.[1];
  return plain === undefined ? read : plain === "" ? "(empty)" : plain;
}

export function decodeAudit(body: unknown): AuditPage {
  return {
    total: number(record(body)["total"]),
    entries: list(record(body)["items"]).map((item) => ({
      ...decodeChanged(item),
      atMs: Date.parse(text(record(item)["at"])),
      who: text(record(item)["who"]),
    })),
  };
}

export function decodeImported(body: unknown): Imported {
  return {
    ...decodeChanged(body),
    lines: list(record(body)["lines"]).map(record).map((line) => ({
      line: number(line["line"]),
      outcome: text(line["outcome"]),
      message: text(line["message"]),
    })),
  };
}

export function decodeNotice(data: unknown): ChangeNotice {
  return { ...decodeChanged(data), who: text(record(data)["who"]) };
}

export function decodeProblems(body: unknown): readonly Problem[] {
  return texts(record(body)["problems"]).map(readProblem);
}
