// Runs the stories one after another in one process: Chromium is heavy and latencies matter.
// ONLY=word runs the stories whose file name contains the word.

import { readdir } from "node:fs/promises";
import { after } from "node:test";

import { closeBrowser } from "./lib/browser.js";

const wanted = process.env.ONLY ?? "";
const folder = new URL("./stories/", import.meta.url);
const isWanted = (/** @type {string} */ name) => name.endsWith(".js") && name.includes(wanted);
const files = (await readdir(folder)).filter(isWanted);
if (files.length === 0) throw new Error(`no story's file name contains "${wanted}"`);

after(closeBrowser);
for (const file of files.sort()) await import(new URL(file, folder).href);
