// One Chromium for all stories, with a person's recorded voice as its microphone.

import { chromium } from "playwright-core";

import { speech } from "./speech.js";

/** @type {Promise<import("playwright-core").Browser> | null} */
let running = null;

export function browser() {
  running ??= launch();
  return running;
}

export async function closeBrowser() {
  await (await running)?.close();
  running = null;
}

/** A browser of its own for a person with another voice. @param {string} voice a WAV file */
export function browserWithVoice(voice) {
  return launch(voice);
}

/** @param {string} [voice] */
async function launch(voice) {
  const heard = voice ?? (await speech()).agent.wide;
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Muted, Chromium plays nothing, and what it doesn't play can't be recorded.
    ignoreDefaultArgs: ["--mute-audio"],
    args: [
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${heard}`,
      "--autoplay-policy=no-user-gesture-required",
      "--allow-loopback-in-peer-connection",
      "--ignore-certificate-errors",
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-gpu",
    ],
  });
}
