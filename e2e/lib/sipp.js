// SIPp, for signalling in numbers and over TCP.

import { execFile } from "node:child_process";
import path from "node:path";

import { E2E } from "./paths.js";

/** @typedef {import("./server.js").Server} Server */

/**
 * Runs a scenario to its end and throws with SIPp's own words when a call went wrong.
 * @param {Server} server
 * @param {string} scenario a file of sipp/
 * @param {{calls?: number, perSecond?: number, transport?: "udp" | "tcp"}} [options]
 * @returns {Promise<void>}
 */
export function sipp(server, scenario, { calls = 1, perSecond = 10, transport = "udp" } = {}) {
  const { host, port } = server.sip;
  const args = [
    "-sf", path.join(E2E, "sipp", scenario), "-s", "+18005551234", "-i", "127.0.0.1",
    "-m", String(calls), "-r", String(perSecond), "-l", String(calls),
    "-t", transport === "tcp" ? "t1" : "u1", "-nostdin", "-timeout", "30s", "-timeout_error",
    "-trace_err", "-error_file", path.join(server.folder, "sipp-errors.log"),
    `${host}:${port}`,
  ];
  return new Promise((resolve, reject) => {
    execFile("sipp", args, { cwd: server.folder, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`SIPp: ${error.message}\n${tail(stdout)}\n${tail(stderr)}`));
      else resolve();
    });
  });
}

/** @param {string} text */
const tail = (text) => text.split("\n").slice(-60).join("\n");
