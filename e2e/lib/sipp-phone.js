// SIPp as an agent's phone: it registers, and does with one call what its scenario says. Voice
// comes back as an echo, so that whoever it talks to hears himself.

import { spawn } from "node:child_process";
import dgram from "node:dgram";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { E2E } from "./paths.js";
import { until, within } from "./wait.js";

/** @typedef {import("./server.js").Server} Server */
/** @typedef {{atMs: number, isOurs: boolean, text: string}} Traced a message of the phone's side */

export class SippPhone {
  output = "";

  /** @param {Server} server @param {number} port @param {string} name @param {string[]} more */
  constructor(server, port, name, more) {
    const { host, port: far } = server.sip;
    this.folder = server.folder;
    this.name = `${name}-${port}`;
    const args = [
      "-sf", path.join(E2E, "sipp", `${name}.xml`), "-i", "127.0.0.1", "-p", String(port),
      "-m", "1", "-nostdin", "-timeout", "60s", "-timeout_error",
      "-trace_msg", "-message_file", `${this.name}.messages`,
      "-trace_err", "-error_file", `${this.name}.errors`, ...more, `${host}:${far}`,
    ];
    this.child = spawn("sipp", args, { cwd: server.folder, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
      });
    }
    /** @type {Promise<number | null>} */
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
  }

  /** @param {Server} server @param {string} dn
   * @param {"deaf" | "talk" | "talk-hold"} scenario what it does with its call */
  static async open(server, dn, scenario) {
    const port = await freePort();
    const account = ["-s", dn, "-au", dn, "-ap", "demo"];
    // SIPp reads the first challenge alone, SHA-256, and gives up at it. Whoever comes back after
    // that is asked for MD5.
    await new SippPhone(server, port, "register", account).ended;
    await new SippPhone(server, port, "register", account).done();
    const echo = ["-mi", "127.0.0.1", "-mp", String(await freePort()), "-rtp_echo"];
    const phone = new SippPhone(server, port, scenario, echo);
    await until("SIPp's port", () => isBound(port));
    return phone;
  }

  /** Until its scenario is through; throws with SIPp's own words when it went another way. */
  async done() {
    const code = await within(this.ended, `the end of SIPp's ${this.name}`, 20_000);
    if (code === 0) return;
    const errors = path.join(this.folder, `${this.name}.errors`);
    const words = await readFile(errors, "utf8").catch(() => this.output.slice(-2000));
    throw new Error(`SIPp ended with ${code}: ${words}`);
  }

  /** What was sent and received, in order. @returns {Promise<Traced[]>} */
  async trace() {
    const text = await readFile(path.join(this.folder, `${this.name}.messages`), "utf8");
    const parts = text.split(/^-{20,} (?=\d{4}-)/m).slice(1);
    return parts.map((part) => {
      const [, at = "", way = ""] = /^(\S+ \S+)\n\w+ message (sent|received)/.exec(part) ?? [];
      const body = part.replace(/^(.*\n){3}/, "").trimStart();
      return { atMs: Date.parse(at.replace(" ", "T")), isOurs: way === "sent", text: body };
    });
  }

  async close() {
    if (this.child.exitCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** An even port for UDP that nobody has at the moment. @returns {Promise<number>} */
async function freePort() {
  for (;;) {
    const socket = dgram.createSocket("udp4");
    await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(null)));
    const { port } = socket.address();
    await new Promise((resolve) => socket.close(() => resolve(null)));
    if (port % 2 === 0) return port;
  }
}

/** @param {number} port */
async function isBound(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return (await readFile("/proc/net/udp", "utf8")).includes(`0100007F:${hex} `);
}
