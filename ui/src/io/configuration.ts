// The Configuration Server by REST: one function per request.

import type { AuditQuery, ListQuery } from "../model/admin/address";
import {
  decodeAudit, decodeChanged, decodeImported, decodeObject, decodeObjects, decodeSite,
} from "../model/admin/decode";
import type { AuditPage, Changed, Imported, ObjectPage, Site } from "../model/admin/decode";
import type { Edit } from "../model/admin/drafts";
import type { Kind } from "../model/admin/kinds";
import type { Json } from "../model/read";
import { FileBody, RestError, request } from "./rest";

const ROOT = "/api/v2/configuration";
/** Hashing thousands of passwords takes its time. */
const FILE_MS_MAX = 120_000;

export const PAGE_SIZE = 100;
export const AUDIT_PAGE_SIZE = 50;

export async function readSite(): Promise<Site> {
  return decodeSite(await request("GET", ROOT));
}

export async function readObjects(
  kind: Kind,
  { search, offset, sort }: ListQuery,
  limit = PAGE_SIZE,
): Promise<ObjectPage> {
  const query = new URLSearchParams({ offset: String(offset), limit: String(limit) });
  if (search.trim() !== "") query.set("search", search.trim());
  if (sort !== "") query.set("sort", sort);
  return decodeObjects(await request("GET", `${ROOT}/${kind}?${query.toString()}`));
}

/** Null when there is none. */
export async function readObject(kind: Kind, key: string): Promise<Json | null> {
  try {
    return decodeObject(await request("GET", `${ROOT}/${kind}/${encodeURIComponent(key)}`));
  } catch (error) {
    if (error instanceof RestError && error.notFound) return null;
    throw error;
  }
}

export async function change(
  version: number,
  edits: readonly Edit[],
  plan: boolean,
): Promise<Changed> {
  const body = { version, edits, plan };
  return decodeChanged(await request("POST", `${ROOT}/changes`, body, FILE_MS_MAX));
}

export async function readAudit({ kind, key, who, offset }: AuditQuery): Promise<AuditPage> {
  const query = new URLSearchParams({ offset: String(offset), limit: String(AUDIT_PAGE_SIZE) });
  for (const [name, value] of Object.entries({ kind, key, who })) {
    if (value !== "") query.set(name, value);
  }
  return decodeAudit(await request("GET", `${ROOT}/audit?${query.toString()}`));
}

export type FileKind = "agents" | "dns" | "site";

export async function sendFile(
  kind: FileKind,
  name: string,
  text: string,
  how: { readonly plan: boolean; readonly partial: boolean },
): Promise<Imported> {
  const query = new URLSearchParams();
  if (how.plan) query.set("plan", "true");
  if (how.partial) query.set("partial", "true");
  const path = kind === "site" ? `${ROOT}/apply` : `${ROOT}/import/${kind}`;
  const body = new FileBody(text, typeOf(kind, name));
  return decodeImported(await request("POST", `${path}?${query.toString()}`, body, FILE_MS_MAX));
}

function typeOf(kind: FileKind, name: string): string {
  if (kind !== "site") return "text/csv";
  return /\.ya?ml$/i.test(name) ? "application/yaml" : "application/toml";
}

export function exportPath(format: "toml" | "yaml" | "json"): string {
  return `${ROOT}/export?format=${format}`;
}

export function soundPath(path: string): string {
  return `${ROOT}/sounds?path=${encodeURIComponent(path)}`;
}

/** Puts a sound into the site's folder: it is heard from then on, without a change to save. */
export async function sendSound(path: string, sound: Blob): Promise<void> {
  await request("PUT", soundPath(path), new FileBody(sound, sound.type), FILE_MS_MAX);
}
