// A reading that says what the last one said is the last one: then nothing is drawn anew.

/** What came now, made of what came before as far as both say the same. */
export function keepSame<T>(before: T, now: T): T {
  return kept(before, now) as T;
}

function kept(before: unknown, now: unknown): unknown {
  if (Object.is(before, now)) return before;
  if (Array.isArray(before) && Array.isArray(now)) {
    const items = now.map((item, at) => kept(before[at], item));
    const isSame = items.length === before.length && items.every((item, at) => item === before[at]);
    return isSame ? before : items;
  }
  if (!isObject(before) || !isObject(now)) return now;
  const entries = Object.entries(now)
    .map(([key, value]) => [key, kept(before[key], value)] as const);
  const isSame = entries.length === Object.keys(before).length &&
    entries.every(([key, value]) => value === before[key]);
  return isSame ? before : Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
