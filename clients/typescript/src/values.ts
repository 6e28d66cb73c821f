// KvLists as lists of pairs: a key may come more than once, and values may be lists.

import type { KvList } from "../generated/cordboard/tserver/v1/KvList.js";

export type Value = number | string | Pairs;
export type Pairs = [key: string, value: Value][];

/** The wire's form of an object or of pairs. */
export function kvList(values: Record<string, Value> | Pairs): KvList {
  const entries = Array.isArray(values) ? values : Object.entries(values);
  return { pairs: entries.map(([key, value]) => ({ key, ...wire(value) })) };
}

/** The pairs of a list that came; `Object.fromEntries(…)` when keys are unique. */
export function pairs(list: KvList | null | undefined): Pairs {
  return (list?.pairs ?? []).map(({ key = "", list: inner, int, str }) => {
    return [key, inner ? pairs(inner) : (int ?? str ?? "") as number | string];
  });
}

function wire(value: Value) {
  if (typeof value === "number") return { int: value };
  return typeof value === "string" ? { str: value } : { list: kvList(value) };
}
