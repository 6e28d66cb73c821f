// Speech that arrived, scored against the speech that was sent.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import { E2E, PYTHON } from "./paths.js";

const run = promisify(execFile);

/**
 * @typedef {{pesq: number | null, seconds: number, level_dbfs: number,
 *   each: {at_s: number, pesq: number, level_db: number, hole_ms: number}[]}} Score
 */

/** @param {string} reference @param {string} recording @returns {Promise<Score>} */
export async function score(reference, recording) {
  const { stdout } = await run(PYTHON, [path.join(E2E, "lib/score.py"), reference, recording]);
  return JSON.parse(stdout);
}

/**
 * A clean network must deliver clear speech: PESQ narrowband 3.5, where G.711 alone scores 4.1.
 * @param {string} who @param {string} reference @param {string} recording
 */
export async function assertHeard(who, reference, recording) {
  const result = await score(reference, recording);
  const story = `${who}: ${JSON.stringify(result)} (${path.basename(recording)})`;
  assert.ok(result.pesq !== null, `speech was not found at all. ${story}`);
  assert.ok(result.pesq >= PESQ_MIN, `speech arrived badly. ${story}`);
  console.error(`        ${who}: PESQ ${result.pesq.toFixed(2)} (${result.each.length} times)`);
  return result;
}

const PESQ_MIN = 3.5;
