// Where things are and where a run leaves its evidence.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const E2E = path.join(ROOT, "e2e");
export const OUT = path.join(E2E, "out");
export const PYTHON = path.join(ROOT, ".venv/bin/python");
export const CORDBOARD = process.env.CORDBOARD ?? path.join(ROOT, "target/debug/cordboard");

/**
 * A folder below out/, made when it is missing.
 * @param {...string} parts
 */
export function outFolder(...parts) {
  const folder = path.join(OUT, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}
