// Who hears whom: everybody hums a tone of his own, and each tone is looked for in what each hears.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { recordRemote } from "./ear.js";
import { outFolder } from "./paths.js";
import { pause, until } from "./wait.js";

const run = promisify(execFile);

/** @typedef {import("./desktop.js").Desktop} Desktop */
/** @typedef {import("./pstn-call.js").PstnCall} PstnCall */
/** A telephone that tells what it hears from now on.
 * @typedef {{listen: (ms: number) => Promise<{samples: Int16Array, rate: number}>}} Listener */

/** Far from one another, from the line's own tones, and well inside a telephone's band, but for the
 * last two, which no telephone carries. */
export const TONES = {
  agent: 500,
  other: 800,
  supervisor: 1100,
  customer: 1450,
  callee: 1900,
  whistle: 5200,
  hiss: 6100,
};

/** A minute of a tone at -20 dB. @param {number} hz @param {number} rate */
export async function toneFile(hz, rate) {
  const file = path.join(outFolder("tones"), `${hz}-${rate}.wav`);
  if (!existsSync(file)) {
    const shape = ["-D", "-n", "-r", String(rate), "-b", "16", "-c", "1", file];
    await run("sox", [...shape, "synth", "60", "sine", String(hz), "vol", "0.1"]);
  }
  return file;
}

/** The tones in a stretch of sound, by their owners' names.
 * @param {Int16Array} samples @param {number} rate */
export function tonesIn(samples, rate) {
  const carried = Object.entries(TONES).filter(([, hz]) => 2 * hz < rate);
  const names = carried.filter(([, hz]) => power(samples, rate, hz) > -45);
  return names.map(([name]) => name).sort();
}

/** Goertzel: the power of one frequency in dB below full scale.
 * @param {Int16Array} samples @param {number} rate @param {number} hz */
function power(samples, rate, hz) {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let before = 0;
  let last = 0;
  for (const sample of samples) {
    const next = sample / 32768 + turn * last - before;
    before = last;
    last = next;
  }
  const energy = last * last + before * before - turn * last * before;
  return 10 * Math.log10((4 * energy) / samples.length ** 2 + 1e-12);
}

/** Until this person hears exactly these, and nobody else.
 * @param {Desktop | PstnCall | Listener} who @param {(keyof typeof TONES)[]} whom */
export async function hears(who, whom) {
  const wanted = [...whom].sort().join(" ");
  let heard = "nothing yet";
  const isSo = async () => {
    heard = (await listen(who)).join(" ");
    return heard === wanted;
  };
  try {
    await until(`${wanted || "nobody"} and no others to be heard`, isSo, HEARD_MS_MAX);
  } catch (error) {
    throw new Error(`${error}, but: ${heard || "nobody"}`);
  }
}

/** @param {Desktop | PstnCall | Listener} who */
async function listen(who) {
  if ("listen" in who) {
    const { samples, rate } = await who.listen(LISTEN_MS);
    return tonesIn(samples, rate);
  }
  if ("rtp" in who) {
    who.rtp.forget();
    await pause(LISTEN_MS);
    return tonesIn((await who.rtp.heard()).samples, 8000);
  }
  const file = path.join(outFolder("tones"), `${who.user}.wav`);
  const { samples, rate } = await recordRemote(who.page, file, LISTEN_MS / 1000);
  return tonesIn(samples, rate);
}

const LISTEN_MS = 600;
const HEARD_MS_MAX = 12_000;
