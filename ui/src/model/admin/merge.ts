// Two people changed the same object: what each of them made of each field, side by side.

import type { Json } from "../read";
import { FORMS } from "./forms";
import type { Draft } from "./drafts";
import { same } from "./json";

export type Side = "yours" | "theirs";

export interface Disagreement {
  readonly field: string;
  readonly label: string;
  readonly before: unknown;
  readonly yours: unknown;
  readonly theirs: unknown;
  /** Who changed it; where only one did, that one's word is taken unless chosen otherwise. */
  readonly by: "you" | "them" | "both";
}

/** The fields that are not the same everywhere. */
export function disagreements(draft: Draft): readonly Disagreement[] {
  const { base, object, theirs = null } = draft;
  const [was, mine, now] = [base ?? {}, object ?? {}, theirs ?? {}];
  const names = new Set([...Object.keys(was), ...Object.keys(mine), ...Object.keys(now)]);
  return [...names].flatMap((field): readonly Disagreement[] => {
    const [before, yours, their] = [was[field], mine[field], now[field]];
    if (same(yours, their)) return [];
    const by = same(before, their) ? "you" : same(before, yours) ? "them" : "both";
    const label = FORMS[draft.kind].fields.find(({ name }) => name === field)?.label ?? field;
    return [{ field, label, before, yours, theirs: their, by }];
  });
}

export function proposed(found: readonly Disagreement[]): Readonly<Record<string, Side>> {
  return Object.fromEntries(found.flatMap(({ field, by }) =>
    by === "both" ? [] : [[field, by === "you" ? "yours" : "theirs"]]));
}

/** Theirs, with the fields for which one's own word was chosen; null while some are open. */
export function merged(
  draft: Draft,
  found: readonly Disagreement[],
  chosen: Readonly<Record<string, Side>>,
): Json | null {
  if (found.some(({ field }) => chosen[field] === undefined)) return null;
  const own = found.filter(({ field }) => chosen[field] === "yours");
  const members = { ...draft.theirs, ...Object.fromEntries(
    own.map(({ field, yours }) => [field, yours]),
  ) };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
