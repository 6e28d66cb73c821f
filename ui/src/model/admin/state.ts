// What the administration knows: the site's version and kinds, unsaved drafts, and what others do.

import type { User } from "../facts";
import type { ChangeNotice, Site } from "./decode";
import { NO_DRAFTS, draftsReducer } from "./drafts";
import type { Draft, DraftEvent, Drafts } from "./drafts";
import { factsOf } from "./kinds";
import type { Kind } from "./kinds";
import type { Problem } from "./problems";

export interface AdminState {
  readonly site: Site | null;
  readonly drafts: Drafts;
  /** The server's push works; null: it was not reached yet. */
  readonly live: boolean | null;
  /** The last change by somebody else. */
  readonly notice: ChangeNotice | null;
  /** What the person just did, in words. */
  readonly done: string | null;
  readonly problem: string | null;
  readonly refused: boolean;
  /** What the server found wrong with the drafts when they were last sent. */
  readonly wrong: readonly Problem[];
}

export type AdminEvent =
  | { readonly type: "siteRead"; readonly site: Site }
  | { readonly type: "link"; readonly live: boolean }
  | { readonly type: "noticed"; readonly notice: ChangeNotice }
  | { readonly type: "noticeRead" }
  | { readonly type: "saved"; readonly ids: readonly string[]; readonly version: number }
  | { readonly type: "judged"; readonly wrong: readonly Problem[] }
  | { readonly type: "done"; readonly words: string | null }
  | { readonly type: "failed"; readonly problem: string; readonly refused: boolean }
  | { readonly type: "draft"; readonly event: DraftEvent };

export const NOTHING_KNOWN: AdminState = {
  site: null,
  drafts: NO_DRAFTS,
  live: null,
  notice: null,
  done: null,
  problem: null,
  refused: false,
  wrong: [],
};

export function adminReducer(state: AdminState, event: AdminEvent): AdminState {
  switch (event.type) {
    case "siteRead":
      return { ...state, site: event.site, problem: null };
    case "link":
      return { ...state, live: event.live };
    case "noticed":
      return { ...state, notice: event.notice, site: atVersion(state.site, event.notice.version) };
    case "noticeRead":
      return { ...state, notice: null };
    case "saved":
      return {
        ...state,
        site: atVersion(state.site, event.version),
        drafts: draftsReducer(state.drafts, { type: "discarded", ids: event.ids }),
        done: `Saved as version ${event.version}.`,
      };
    case "judged":
      return { ...state, wrong: event.wrong };
    case "done":
      return { ...state, done: event.words };
    case "failed":
      return { ...state, problem: event.problem, refused: event.refused };
    case "draft":
      return { ...state, drafts: draftsReducer(state.drafts, event.event), done: null };
  }
}

function atVersion(site: Site | null, version: number): Site | null {
  return site === null || site.version >= version ? site : { ...site, version };
}

export function mayChange(state: AdminState, user: User, kind: Kind): boolean {
  const changeable = state.site?.changeable;
  return changeable?.has(kind) ?? user.roles.includes("ROLE_ADMIN");
}

/** Drafts of objects that somebody else has changed. */
export function touched(drafts: Drafts, notice: ChangeNotice): readonly Draft[] {
  return [...drafts.all.values()].filter(({ kind, key, base }) =>
    base !== null && notice.changes.some((change) => change.kind === kind && change.key === key));
}

/** Whether the user sent a file: no news to whom did it, but open drafts may be touched. */
export function isOwnFile({ who }: ChangeNotice, userName: string): boolean {
  return who === `${userName} (file)` || who === `${userName} (import)`;
}

export function noticeWords({ who, version, changes }: ChangeNotice): string {
  const [first, ...more] = changes;
  if (first === undefined) return `${who} made version ${version}.`;
  const title = first.kind === null ? first.kindWord : factsOf(first.kind).one;
  const did = { added: "added", changed: "changed", removed: "deleted" }[first.sort];
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  return `${who || "Somebody"} ${did} ${title} ${first.key}${others} just now.`;
}
