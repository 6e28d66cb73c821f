// Changes that are not saved yet. They stay while one looks at other objects, and are saved
// together as one change, so that an agent can be made with a phone and a place at once.

import type { Json } from "../read";
import type { Kind } from "./kinds";
import { factsOf } from "./kinds";
import { FORMS } from "./forms";
import { same } from "./json";

export interface Draft {
  readonly id: string;
  readonly kind: Kind;
  /** Of a new object, as far as it has been typed. */
  readonly key: string;
  /** As it was when editing began; `null`: it is new. */
  readonly base: Json | null;
  /** As it is meant to be; `null`: deleted. */
  readonly object: Json | null;
  /** Changed by somebody else meanwhile: as it is now, `null` when it is gone. */
  readonly theirs?: Json | null;
}

export interface Drafts {
  readonly all: ReadonlyMap<string, Draft>;
  /** New objects get numbers, because they have no key yet. */
  readonly begun: number;
}

export type DraftEvent =
  | { readonly type: "begun"; readonly kind: Kind; readonly key: string; readonly object: Json }
  | {
      readonly type: "edited";
      readonly kind: Kind;
      readonly key: string;
      readonly base: Json;
      readonly object: Json | null;
    }
  | { readonly type: "rewritten"; readonly id: string; readonly key: string; readonly object: Json }
  | { readonly type: "foundChanged"; readonly id: string; readonly theirs: Json | null }
  | {
      readonly type: "settled";
      readonly id: string;
      readonly base: Json | null;
      readonly object: Json | null;
    }
  | { readonly type: "discarded"; readonly ids: readonly string[] };

export const NO_DRAFTS: Drafts = { all: new Map(), begun: 0 };

export const draftId = (kind: Kind, key: string): string => `${kind}/${encodeURIComponent(key)}`;
export const newId = (kind: Kind, number: number): string => `${kind}/:${number}`;

export function draftsReducer(drafts: Drafts, event: DraftEvent): Drafts {
  switch (event.type) {
    case "begun": {
      const begun = drafts.begun + 1;
      const { kind, key, object } = event;
      const id = newId(kind, begun);
      return { begun, all: put(drafts, { id, kind, key, base: null, object }) };
    }
    case "edited": {
      const { kind, key, object } = event;
      const id = draftId(kind, key);
      const known = drafts.all.get(id);
      const draft = known ?? { id, kind, key, base: event.base, object };
      // Typed back to what it was: nothing is left to save.
      if (known?.theirs === undefined && same(draft.base, object) && object !== null) {
        return { ...drafts, all: without(drafts, [id]) };
      }
      return { ...drafts, all: put(drafts, { ...draft, object }) };
    }
    case "rewritten":
      return change(drafts, event.id, (draft) => ({
        ...draft, key: event.key, object: event.object,
      }));
    case "foundChanged":
      return change(drafts, event.id, (draft) => ({ ...draft, theirs: event.theirs }));
    case "settled":
      return change(drafts, event.id, (draft) => {
        const { id, kind, key } = draft;
        const { base, object } = event;
        return same(base, object) ? null : { id, kind, key, base, object };
      });
    case "discarded":
      return { ...drafts, all: without(drafts, event.ids) };
  }
}

function put(drafts: Drafts, draft: Draft): ReadonlyMap<string, Draft> {
  return new Map(drafts.all).set(draft.id, draft);
}

function without(drafts: Drafts, ids: readonly string[]): ReadonlyMap<string, Draft> {
  return new Map([...drafts.all].filter(([id]) => !ids.includes(id)));
}

function change(drafts: Drafts, id: string, next: (draft: Draft) => Draft | null): Drafts {
  const known = drafts.all.get(id);
  if (known === undefined) return drafts;
  const draft = next(known);
  return { ...drafts, all: draft === null ? without(drafts, [id]) : put(drafts, draft) };
}

/** What a new object begins with, or a copy of one. */
export function beginning(kind: Kind, like: Json | null): Json {
  const { blank, own } = FORMS[kind];
  if (like === null) return blank;
  const taken = Object.entries(like).filter(([name]) => own?.includes(name) !== true);
  const lost = Object.entries(blank).filter(([name]) => own?.includes(name) === true);
  return Object.fromEntries([...taken, ...lost]);
}

export type Edit =
  | { readonly put: { readonly kind: Kind; readonly key: string; readonly object: Json } }
  | { readonly delete: { readonly kind: Kind; readonly key: string } };

export function editsOf(drafts: readonly Draft[]): readonly Edit[] {
  return drafts.map(({ kind, key, object }) =>
    object === null ? { delete: { kind, key } } : { put: { kind, key: key.trim(), object } });
}

/** What stands in the way of asking the server at all. */
export function obstacles(drafts: readonly Draft[]): readonly string[] {
  const nameless = drafts.filter(({ key }) => key.trim() === "").map(({ kind }) => {
    const { one, key } = factsOf(kind);
    return `A new ${one} has no ${key.toLowerCase()} yet.`;
  });
  const changed = drafts.filter(({ theirs }) => theirs !== undefined).map((draft) =>
    `${titleOf(draft)} was changed by somebody else. Choose what it should be.`);
  return [...new Set([...nameless, ...changed])];
}

export function titleOf({ kind, key }: Pick<Draft, "kind" | "key">): string {
  const { one } = factsOf(kind);
  if (kind === "switch") return one;
  return key.trim() === "" ? `New ${one}` : `${one} ${key}`;
}
