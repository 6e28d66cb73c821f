// WAV files, 16 bit mono: all that the telephones here speak.

import { readFile, writeFile } from "node:fs/promises";

/** @param {string} file @returns {Promise<{rate: number, samples: Int16Array}>} */
export async function readWav(file) {
  const bytes = await readFile(file);
  let rate = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === "fmt ") rate = bytes.readUInt32LE(at + 12);
    if (name === "data") {
      const body = bytes.subarray(at + 8, at + 8 + size);
      const samples = new Int16Array(body.length >> 1);
      for (let i = 0; i < samples.length; i += 1) samples[i] = body.readInt16LE(2 * i);
      return { rate, samples };
    }
    at += 8 + size + (size & 1);
  }
  throw new Error(`${file}: no samples`);
}

/** @param {string} file @param {number} rate @param {Int16Array} samples */
export async function writeWav(file, rate, samples) {
  const head = Buffer.alloc(44);
  const size = samples.length * 2;
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + size, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(size, 40);
  const body = Buffer.from(samples.buffer, samples.byteOffset, size);
  await writeFile(file, Buffer.concat([head, body]));
}

/** Loudness of a stretch in dB below full scale. @param {Int16Array} samples */
export function level(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / Math.max(1, samples.length) / 32768 ** 2 + 1e-10);
}

/** The longest time in ms that was not louder than `floor` dB, by hundredths of a second.
 * @param {{rate: number, samples: Int16Array}} sound @param {number} floor */
export function quietMsMax({ rate, samples }, floor) {
  const step = Math.floor(rate / 100);
  let longest = 0;
  let quiet = 0;
  for (let at = 0; at + step <= samples.length; at += step) {
    quiet = level(samples.subarray(at, at + step)) > floor ? 0 : quiet + 10;
    longest = Math.max(longest, quiet);
  }
  return longest;
}

/** Share of the tenths of a second that are louder than `floor` dB.
 * @param {{rate: number, samples: Int16Array}} sound @param {number} floor */
export function loudShare({ rate, samples }, floor) {
  const step = Math.floor(rate / 10);
  let loud = 0;
  let all = 0;
  for (let at = 0; at + step <= samples.length; at += step) {
    all += 1;
    if (level(samples.subarray(at, at + step)) > floor) loud += 1;
  }
  return all === 0 ? 0 : loud / all;
}
