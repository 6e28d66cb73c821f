// Attached data as paths into lists of lists, and what to send to change one value of it.

import type { UserData, UserValue } from "./facts";

export type Path = readonly string[];

/** "order.number" names a value in a list. */
export function pathOf(typed: string): Path {
  const parts = typed.split(".").map((part) => part.trim());
  return parts.every((part) => part !== "") ? parts : [];
}

/** The pair of the first level that holds the change; what stands beside it is kept. */
export function withValue(data: UserData, path: Path, value: string): UserData {
  const [key, ...rest] = path;
  if (key === undefined) return {};
  return { [key]: rest.length === 0 ? value : withinList(data[key], rest, value) };
}

/** The same without a value of a list; null when the pair itself is to go. */
export function withoutValue(data: UserData, path: Path): UserData | null {
  const [key, ...rest] = path;
  const value = key === undefined ? undefined : data[key];
  if (key === undefined || rest.length === 0 || !isList(value)) return null;
  const inner = withoutKey(value, rest);
  return Object.keys(inner).length === 0 ? null : { [key]: inner };
}

function withinList(value: UserValue | undefined, path: Path, leaf: string): UserData {
  return { ...(isList(value) ? value : {}), ...withValue(isList(value) ? value : {}, path, leaf) };
}

function withoutKey(data: UserData, path: Path): UserData {
  const changed = withoutValue(data, path);
  if (changed !== null) return { ...data, ...changed };
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== path[0]));
}

function isList(value: UserValue | undefined): value is UserData {
  return typeof value === "object";
}
