// Configuration objects as plain JSON: the server knows what they mean, the forms where they are.

import type { Json } from "../read";

/** From an object down to a value: names of members and places in lists. */
export type Way = readonly (string | number)[];

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function valueAt(value: unknown, way: Way): unknown {
  const [step, ...rest] = way;
  if (step === undefined) return value;
  if (Array.isArray(value) && typeof step === "number") return valueAt(value[step], rest);
  if (isJson(value)) return valueAt(value[step], rest);
  return undefined;
}

/** The same with another value there; `undefined` takes the member out. */
export function withValue(value: unknown, way: Way, next: unknown): unknown {
  const [step, ...rest] = way;
  if (step === undefined) return next;
  if (typeof step === "number") {
    const items: unknown[] = Array.isArray(value) ? [...value] : [];
    items[step] = withValue(items[step], rest, next);
    return items;
  }
  const members: Record<string, unknown> = isJson(value) ? { ...value } : {};
  const changed = withValue(members[step], rest, next);
  if (changed === undefined) delete members[step];
  else members[step] = changed;
  return members;
}

/** Equal as the server sees it: members that are null or missing are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b || ((a ?? null) === null && (b ?? null) === null)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => same(item, b[at]));
  }
  if (!isJson(a) || !isJson(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) =>
    same(a[name], b[name]));
}

/** A member renamed without losing its place among the others. */
export function renamed(members: Json, from: string, to: string): Json {
  const entries = Object.entries(members).filter(([name]) => name === from || name !== to);
  return Object.fromEntries(entries.map(([name, value]) => [name === from ? to : name, value]));
}

export function without(members: Json, name: string): Json {
  return Object.fromEntries(Object.entries(members).filter(([other]) => other !== name));
}

/** A list with one item at another place. */
export function moved<T>(items: readonly T[], from: number, to: number): readonly T[] {
  const item = items[from];
  if (item === undefined || to < 0 || to >= items.length) return items;
  return items.toSpliced(from, 1).toSpliced(to, 0, item);
}
