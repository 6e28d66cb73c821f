// What forms are made of. A field says where its value is and how it is edited; the tables of
// `forms.ts` and `steps.ts` say which fields there are.

import type { Json } from "../read";
import type { Kind } from "./kinds";

/** Objects that a field may name, and what of them it holds. */
export interface Source {
  readonly kinds: readonly Kind[];
  /** The member that is held; the key when it is left out. */
  readonly member?: string;
  readonly only?: (object: Json) => boolean;
}

export type Words = Readonly<Record<string, string>>;

export type Control =
  | { readonly sort: "text"; readonly example?: string }
  | { readonly sort: "note" }
  /** Empty is `null`. */
  | { readonly sort: "optionalText"; readonly example?: string }
  | { readonly sort: "number"; readonly max: number; readonly min?: number; readonly unit?: string }
  | { readonly sort: "optionalNumber"; readonly max: number; readonly unit?: string }
  | { readonly sort: "flag" }
  | { readonly sort: "optionalFlag"; readonly words: readonly [string, string, string] }
  | { readonly sort: "password"; readonly removable: boolean }
  | { readonly sort: "choice"; readonly words: Words }
  | { readonly sort: "checks"; readonly words: Words }
  | { readonly sort: "pick"; readonly from: Source; readonly optional: boolean }
  | { readonly sort: "picks"; readonly from: Source }
  | { readonly sort: "texts"; readonly example: string }
  | { readonly sort: "levels" }
  | { readonly sort: "options" }
  | { readonly sort: "pairs"; readonly name: string; readonly value: string }
  /** Sound files by language. */
  | { readonly sort: "sounds" }
  | { readonly sort: "expression"; readonly of: "skills" | "condition"; readonly optional: boolean }
  | { readonly sort: "hours" }
  | { readonly sort: "holidays" }
  | { readonly sort: "rows"; readonly fields: readonly Field[]; readonly item: string }
  | { readonly sort: "fields"; readonly fields: readonly Field[] }
  /** An object, or `null` while the box before it isn't checked. */
  | { readonly sort: "optionalFields"; readonly fields: readonly Field[]; readonly blank: Json;
    readonly check: string }
  | { readonly sort: "steps" }
  | { readonly sort: "targets" }
  /** Steps by what a caller enters. */
  | { readonly sort: "choices" }
  /** A list of values, each of one of several shapes. */
  | { readonly sort: "variants"; readonly cases: readonly Case[]; readonly item: string }
  | { readonly sort: "variant"; readonly cases: readonly Case[]; readonly optional: boolean };

export interface Field {
  /** The member; an empty name is the value itself. */
  readonly name: string;
  readonly label: string;
  readonly help?: string;
  readonly control: Control;
}

/**
 * One of several shapes that a value may have: the bare word when it has no fields, or else
 * `{word: …}` with fields, or with one value that has no name.
 */
export interface Case {
  readonly word: string;
  readonly title: string;
  readonly fields: readonly Field[];
  readonly blank: unknown;
  /** Its value is what the one field holds, not an object around it. */
  readonly bare?: boolean;
}

/** The word of a value that is one of several shapes, such as `extension`. */
export function caseOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Object.keys(typeof value === "object" && value !== null ? value : {})[0] ?? "";
}

export function blankCase({ word, fields, blank }: Case): unknown {
  return fields.length === 0 ? word : { [word]: blank };
}

const caseField = (control: Control): readonly Field[] => [{ name: "", label: "", control }];

export function bareCase(word: string, title: string, control: Control): Case {
  return { word, title, fields: caseField(control), blank: "", bare: true };
}

/** Fields inside of a field, which the server's messages name without the way to them. */
export function innerNames({ control }: Field): readonly string[] {
  if (control.sort === "variant") return control.cases.flatMap(({ fields }) =>
    fields.map(({ name }) => name));
  return control.sort === "hours" ? WEEKDAYS : [];
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
