// Reading what the server sent, which the compiler can't vouch for. Every function takes
// `unknown` and gives a value that can't be wrong; members nobody asked for are ignored.

export type Json = Readonly<Record<string, unknown>>;

export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return "";
}

export function optionalText(value: unknown): string | null {
  const read = text(value);
  return read === "" ? null : read;
}

/** GWS writes whole seconds as strings, other numbers as numbers: both are read. */
export function optionalNumber(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const read = Number(value);
  return Number.isFinite(read) ? read : null;
}

export function number(value: unknown): number {
  return optionalNumber(value) ?? 0;
}

export function flag(value: unknown): boolean {
  return value === true || value === "true" || value === "On" || value === 1;
}

export function texts(value: unknown): readonly string[] {
  return list(value).map(text).filter((item) => item !== "");
}
