// How speech sounds between a browser and a trunk, clean and over bad networks, through Cordboard
// and through rtpengine, with the same speech, the same losses and the same ear.
//
// node run.js [cordboard|rtpengine] [row …]: what is left out is all. PYTHON names a Python with
// requirements.txt, CORDBOARD the program.

import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { recordRemote } from "../../e2e/lib/ear.js";
import { speech } from "../../e2e/lib/speech.js";
import { pause } from "../../e2e/lib/wait.js";
import { writeWav } from "../../e2e/lib/wav.js";
import { callByCordboard } from "./cordboard.js";
import { Link } from "./link.js";
import { callByRtpengine } from "./rtpengine.js";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** @type {Record<string, import("./link.js").Manner>} */
const ROWS = {
  "clean": {},
  "1 % lost": { loss: 1 },
  "3 % lost": { loss: 3 },
  "5 % lost": { loss: 5 },
  "10 % lost": { loss: 10 },
  "5 % lost, three at a time": { loss: 5, burst: 3 },
  "20 ms jitter": { delay: 40, jitter: 20 },
  "60 ms jitter": { delay: 80, jitter: 60 },
  "100 ms jitter": { delay: 120, jitter: 100 },
  "5 % reordered": { delay: 40, reorder: 5 },
};

const SYSTEMS = { cordboard: callByCordboard, rtpengine: callByRtpengine };

/** @typedef {{times: number, pesq: number | null, visqol: number | null, hole_ms: number | null}}
 * Score */

/** @param {keyof typeof SYSTEMS} system @param {string[]} rows
 * @returns {Promise<Record<string, {toTrunk: Score, toBrowser: Score}>>} */
async function measure(system, rows) {
  const { agent, customer } = await speech();
  /** @type {Link | null} */
  let link = null;
  const linkTo = async (/** @type {number} */ port) => {
    link = await Link.to(port);
    return link.near;
  };
  const call = await SYSTEMS[system]({ voice: agent.wide, linkTo });
  const over = /** @type {Link} */ (/** @type {unknown} */ (link));
  const folder = path.join(HERE, "out", system);
  mkdirSync(folder, { recursive: true });
  call.rtp.speak(customer.narrow);
  /** @type {Record<string, {toTrunk: Score, toBrowser: Score}>} */
  const scores = {};
  const seconds = Math.min(28, 4 * Math.max(agent.seconds, customer.seconds) + 1);
  try {
    for (const row of rows) {
      over.become(ROWS[row] ?? {});
      await pause(4000);
      call.rtp.forget();
      const name = row.replace(/[^a-z0-9]+/g, "-");
      const atBrowser = path.join(folder, `${name}-at-browser.wav`);
      const atTrunk = path.join(folder, `${name}-at-trunk.wav`);
      await recordRemote(call.page, atBrowser, seconds);
      const { samples } = await call.rtp.heard();
      await writeWav(atTrunk, 8000, samples);
      scores[row] = {
        toTrunk: await score(agent.narrow, atTrunk),
        toBrowser: await score(customer.narrow, atBrowser),
      };
      console.error(`${system}, ${row}: ${JSON.stringify(scores[row])}`);
    }
  } finally {
    await call.close();
    over.close();
  }
  return scores;
}

/** @param {string} reference @param {string} recording @returns {Promise<Score>} */
async function score(reference, recording) {
  const python = process.env.PYTHON ?? "python3";
  const { stdout } = await run(python, [path.join(HERE, "score.py"), reference, recording]);
  return JSON.parse(stdout);
}

const [only, ...chosen] = process.argv.slice(2);
const names = /** @type {(keyof typeof SYSTEMS)[]} */ (Object.keys(SYSTEMS));
const systems = only === undefined || only === "all" ? names
  : names.filter((name) => name === only);
const rows = chosen.length === 0 ? Object.keys(ROWS) : chosen;
/** @type {Record<string, Awaited<ReturnType<typeof measure>>>} */
const all = {};
for (const system of systems) all[system] = await measure(system, rows);

const cell = (/** @type {Score | undefined} */ one) =>
  one?.pesq == null ? "nothing" : `${one.pesq.toFixed(2)} / ${one.visqol?.toFixed(2)}`;
const ways = systems.flatMap((system) => [`${system} to trunk`, `${system} to browser`]);
console.log(`| PESQ / ViSQOL | ${ways.join(" | ")} |`);
console.log(`|---|${"---|".repeat(ways.length)}`);
for (const row of rows) {
  const cells = systems.flatMap((system) => {
    const scores = all[system]?.[row];
    return [cell(scores?.toTrunk), cell(scores?.toBrowser)];
  });
  console.log(`| ${row} | ${cells.join(" | ")} |`);
}
process.exit(0);
