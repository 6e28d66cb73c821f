// Numbers that can be called: what was typed, whom it may mean, what was called lately.

import type { DeskState } from "./desk";
import type { Colleague } from "./facts";

const RECENT_MAX = 8;
const SUGGESTIONS_MAX = 8;

/** "(555) 123-4567" → "5551234567"; null for what no phone could dial. */
export function dialable(typed: string): string | null {
  const digits = typed.replaceAll(/[\s()./-]/g, "");
  return /^\+?[\d*#]{1,32}$/.test(digits) ? digits : null;
}

export function withRecent(recent: readonly string[], number: string): readonly string[] {
  return [number, ...recent.filter((other) => other !== number)].slice(0, RECENT_MAX);
}

/** One outgoing call at a time: a second party is reached by consulting or conferring. */
export function mayDial(state: DeskState): boolean {
  const { agent, calls, session } = state;
  return session === "started" && agent.inService && agent.deviceId !== ""
    && calls.live.every((call) => call.phase === "Held");
}

export interface Suggestion {
  readonly number: string;
  readonly name: string | null;
}

/** Colleagues first, then numbers called before; oneself is nobody to call. */
export function suggestions(
  typed: string,
  colleagues: readonly Colleague[],
  recent: readonly string[],
  own: string,
): readonly Suggestion[] {
  const digits = dialable(typed);
  const known = colleagues.filter(({ number }) => number !== own);
  const numbers = recent.filter((number) => {
    const fits = typed.trim() === "" || (digits !== null && number.includes(digits));
    return fits && !known.some((colleague) => colleague.number === number);
  });
  const called = numbers.map((number) => ({ number, name: null }));
  const people = known.map(({ number, name }) => ({ number, name }));
  const all = typed.trim() === "" ? [...called, ...people] : [...people, ...called];
  return all.slice(0, SUGGESTIONS_MAX);
}
