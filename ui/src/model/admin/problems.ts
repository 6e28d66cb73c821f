// What the server says is wrong, at the object and the field that it names. Two ways of naming are
// read: `persons.agent5001.place: …` and `Person agent5001, place: …`.

import { kindOf } from "./kinds";
import type { Kind } from "./kinds";

export interface Problem {
  /** The whole sentence. */
  readonly text: string;
  /** Without the place, where the place is known. */
  readonly message: string;
  readonly kind: Kind | null;
  readonly key: string;
  /** Empty: the object as a whole. */
  readonly field: string;
}

/** Longer titles first, so that `Agent group` isn't taken for something of kind `Agent`. */
const TITLED = /^((?:[A-Z]+|[A-Z][a-z]+)(?: [a-z]+)?) `?([^`,:]*)`?(?:, ([^:]+))?: (.*)$/s;
const DOTTED = /^([a-z_]+)\.("[^"]*"|[^:]*?)(?:\.([a-z_]+)(?:[.[][^:]*)?)?: (.*)$/s;

export function readProblem(text: string): Problem {
  return titled(text) ?? dotted(text)
    ?? { text, message: text, kind: null, key: "", field: "" };
}

function titled(text: string): Problem | null {
  if (text.startsWith("Switch, ")) {
    const [field = "", ...message] = text.slice("Switch, ".length).split(": ");
    return { text, message: message.join(": "), kind: "switch", key: "switch", field };
  }
  const found = TITLED.exec(text);
  if (found === null) return null;
  const [, title = "", key = "", field = "", message = ""] = found;
  const kind = kindOf(title);
  return kind === null ? null : { text, message, kind, key, field: field.trim() };
}

function dotted(text: string): Problem | null {
  const found = DOTTED.exec(text);
  if (found === null) return null;
  const [, table = "", key = "", field = "", message = ""] = found;
  const kind = kindOf(table);
  return kind === null ? null : { text, message, kind, key: key.replaceAll('"', ""), field };
}

export function isAbout(problem: Problem, kind: Kind, key: string): boolean {
  return problem.kind === kind && (problem.key === key.trim() || kind === "switch");
}

/** Whether it is about a field: its own, of the DN's type, or of a calendar's day. */
export function isAt(problem: Problem, field: string, inner: readonly string[]): boolean {
  const said = problem.field.split(/[ .[]/, 1)[0] ?? "";
  return said === field || inner.includes(said);
}
