// Which page of the administration is open, as it stands behind the `#` of the address: so that
// the browser's own Back works and a page can be sent to a colleague.

import type { Kind } from "./kinds";
import { kindOf } from "./kinds";

export type Address =
  | { readonly page: "list"; readonly kind: Kind; readonly query: ListQuery }
  | { readonly page: "object"; readonly kind: Kind; readonly key: string }
  /** A new object, by its number among those begun in this tab. */
  | { readonly page: "new"; readonly kind: Kind; readonly number: number }
  | { readonly page: "audit"; readonly query: AuditQuery }
  | { readonly page: "review" }
  | { readonly page: "files" };

export interface ListQuery {
  readonly search: string;
  readonly offset: number;
  /** The field that is sorted by, `-` before it for downwards; empty: by key. */
  readonly sort: string;
}

export interface AuditQuery {
  readonly kind: string;
  readonly key: string;
  readonly who: string;
  readonly offset: number;
}

export const WHOLE_LIST: ListQuery = { search: "", offset: 0, sort: "" };
export const WHOLE_AUDIT: AuditQuery = { kind: "", key: "", who: "", offset: 0 };

export function readAddress(hash: string): Address {
  const [way = "", asked = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [first = "", second] = way.split("/", 2);
  const query = new URLSearchParams(asked);
  const word = (name: string) => query.get(name) ?? "";
  const offset = Math.max(0, Math.trunc(Number(word("offset"))) || 0);
  switch (first) {
    case "audit":
      return {
        page: "audit",
        query: { kind: word("kind"), key: word("key"), who: word("who"), offset },
      };
    case "review":
    case "files":
      return { page: first };
    default:
  }
  const kind = kindOf(first) ?? "persons";
  if (second === undefined || second === "") {
    return { page: "list", kind, query: { search: word("search"), sort: word("sort"), offset } };
  }
  const fresh = /^:(\d+)$/.exec(second)?.[1];
  if (fresh !== undefined) return { page: "new", kind, number: Number(fresh) };
  return { page: "object", kind, key: decoded(second) };
}

export function writeAddress(address: Address): string {
  switch (address.page) {
    case "list":
      return `#/${address.kind}${queryText({ ...address.query })}`;
    case "object":
      return `#/${address.kind}/${encodeURIComponent(address.key)}`;
    case "new":
      return `#/${address.kind}/:${address.number}`;
    case "audit":
      return `#/audit${queryText({ ...address.query })}`;
    case "review":
    case "files":
      return `#/${address.page}`;
  }
}

function queryText(members: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== "" && value !== 0) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
