// What a person at the browser hears: the far end's stream as the page plays it, without loss.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

import { readWav } from "./wav.js";

const run = promisify(execFile);

/**
 * Records `window.cordboardDiagnostics.remoteStream` for a time, to a WAV file.
 * @param {import("playwright-core").Page} page
 * @param {string} file
 * @param {number} seconds
 */
export async function recordRemote(page, file, seconds) {
  const base64 = await page.evaluate(async (ms) => {
    const stream = /** @type {any} */ (window).cordboardDiagnostics?.remoteStream;
    if (!stream) throw new Error("the page has no remote stream");
    // Uncompressed samples: a recorder's own codec must not cost quality.
    const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=pcm" });
    /** @type {Blob[]} */
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start(1000);
    setTimeout(() => recorder.stop(), ms);
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) {
      text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    }
    return btoa(text);
  }, seconds * 1000);
  const container = file.replace(/\.wav$/, ".webm");
  await writeFile(container, Buffer.from(base64, "base64"));
  const mono = ["-ac", "1", "-sample_fmt", "s16"];
  await run("ffmpeg", ["-v", "error", "-y", "-i", container, ...mono, file]);
  return readWav(file);
}
