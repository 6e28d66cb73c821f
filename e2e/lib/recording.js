// A WAV file that somebody is still writing: its header says nothing yet, its samples are there.

import { readFile } from "node:fs/promises";

import { pause } from "./wait.js";

/** What is added to a file of 16 bit and one channel from now on.
 * @param {() => Promise<string | null>} find the file; null: there is none yet @param {number} ms
 * @param {number} [rate] the file's
 * @returns {Promise<{samples: Int16Array, rate: number}>} */
export async function listenTo(find, ms, rate = 8000) {
  const before = (await written(await find())).length;
  await pause(ms);
  const after = await written(await find());
  return { samples: after.subarray(before), rate };
}

/** @param {string | null} file */
async function written(file) {
  const bytes = file === null ? NOTHING : await readFile(file).catch(() => NOTHING);
  const samples = new Int16Array(Math.max(0, (bytes.length - HEADER_BYTES) >> 1));
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = bytes.readInt16LE(HEADER_BYTES + 2 * i);
  }
  return samples;
}

const HEADER_BYTES = 44;
const NOTHING = Buffer.alloc(0);
