// Two stretches of recorded human speech, one for each end of a call, made from a Debian package.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { outFolder } from "./paths.js";

const run = promisify(execFile);

/**
 * One text in the rates that the ends need: 48 kHz for a browser's microphone, 8 kHz for a trunk.
 * @typedef {{wide: string, narrow: string, seconds: number}} Speech
 */

/** @returns {Promise<{agent: Speech, customer: Speech}>} */
export async function speech() {
  const [agent, customer] = await Promise.all([
    make("agent", "tt-allbusy"),
    make("customer", "queue-periodic-announce"),
  ]);
  return { agent, customer };
}

/** @param {string} name @param {string} sound @returns {Promise<Speech>} */
async function make(name, sound) {
  const folder = outFolder("speech");
  const file = (/** @type {string} */ kind) => path.join(folder, `${name}.${kind}.wav`);
  if (!existsSync(file("8k"))) {
    const source = path.join(SOUNDS, `${sound}.g722`);
    await run("ffmpeg", ["-v", "error", "-y", "-f", "g722", "-i", source, "-ac", "1", file("raw")]);
    // Speech at -26 dB below overload, which P.862 expects, between half seconds of silence.
    await run("sox", ["-D", file("raw"), file("16k"), "rate", "16000", "pad", "0.5", "0.5"]);
    const { stderr } = await run("sox", [file("16k"), "-n", "stats"]);
    const rms = Number(/RMS lev dB\s+(-?[\d.]+)/.exec(stderr)?.[1]);
    const gain = ["gain", String(-26 - rms)];
    const shape = ["-c", "1", "-b", "16"];
    await run("sox", ["-D", file("16k"), ...shape, file("48k"), ...gain, "rate", "-v", "48000"]);
    await run("sox", ["-D", file("16k"), ...shape, file("8k"), ...gain, "rate", "-v", "8000"]);
  }
  const { stdout } = await run("soxi", ["-D", file("8k")]);
  return { wide: file("48k"), narrow: file("8k"), seconds: Number(stdout) };
}

const SOUNDS = "/usr/share/asterisk/sounds/en_US_f_Allison";
