// The real binary as a child process, on free ports and with its own data.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { CORDBOARD } from "./paths.js";
import { within } from "./wait.js";

/**
 * @typedef {Record<"http" | "https" | "sips_ws" | "sip" | "sips" | "tserver" | "config" | "stat"
 *   | "media" | "turn", string>} Places where each port listens, as host:port
 */

/** How a run of the program ended that was not meant to serve.
 * @typedef {{code: number | null, output: string}} Ended */

export class Server {
  /** @type {Places} */
  at = /** @type {Places} */ ({});
  output = "";
  /** @type {Promise<number | null>} */
  ended;

  /** @param {string} folder @param {string} configuration @param {string[]} more */
  constructor(folder, configuration, more = []) {
    this.folder = folder;
    const args = ["run", "--demo", "--data", path.join(folder, "data")];
    this.child = spawn(CORDBOARD, [...args, "--config", configuration, ...more], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.once("error", (error) => {
      this.output += String(error);
    });
    /** @type {(line: string) => void} */
    let ready = () => {};
    this.ready = new Promise((resolve) => {
      ready = resolve;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text) => {
        this.output += text;
        const line = /^.*cordboard ready .*$/m.exec(this.output);
        if (line) ready(line[0]);
      });
    }
  }

  /** @param {{configuration?: string, trunk?: string, ports?: Record<string, number>}} [options] */
  static async start(options = {}) {
    const folder = await mkdtemp(path.join(os.tmpdir(), "cordboard-e2e-"));
    const file = path.join(folder, "cordboard.toml");
    await writeFile(file, configurationText(options));
    return Server.serve(folder, file);
  }

  /** The same data and configuration once more, when an earlier run has ended.
   * @param {Server} earlier */
  static again(earlier) {
    return Server.serve(earlier.folder, path.join(earlier.folder, "cordboard.toml"));
  }

  /** @param {string} folder @param {string} file */
  static async serve(folder, file) {
    const server = new Server(folder, file);
    const failed = server.ended.then(() => {
      throw new Error(`the server ended before it was ready:\n${server.output}`);
    });
    const line = await within(Promise.race([server.ready, failed]), "the ready line", 20_000);
    failed.catch(() => {});
    for (const [, name, place] of line.matchAll(/(\w+)=(\S+)/g)) {
      /** @type {any} */ (server.at)[name ?? ""] = place;
    }
    return server;
  }

  /** A start that is expected to fail: what it says and with which code it ends.
   * @param {string} configuration @returns {Promise<Ended>} */
  static async fail(configuration) {
    const folder = await mkdtemp(path.join(os.tmpdir(), "cordboard-e2e-"));
    const file = path.join(folder, "cordboard.toml");
    await writeFile(file, configuration);
    const server = new Server(folder, file);
    try {
      const code = await within(server.ended, "the refusal to start", 10_000);
      return { code, output: server.output };
    } finally {
      await server.kill();
    }
  }

  get url() {
    return `http://${this.at.http}`;
  }

  get sip() {
    return address(this.at.sip);
  }

  /** Lines that a healthy run doesn't have. */
  get complaints() {
    const plain = this.output.replace(/\u001b\[[\d;]*m/g, "");
    return plain.split("\n").filter((line) => /\bERROR\b|panicked at/.test(line));
  }

  /** The value of a metric: the sum of its samples that have every given label.
   * @param {string} name @param {Record<string, string>} [labels] */
  async metric(name, labels = {}) {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const samples = text.split("\n").filter((line) => line.match(/^\w+/)?.[0] === name);
    const chosen = samples.filter((line) =>
      Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)),
    );
    return chosen.reduce((sum, line) => sum + Number(line.trim().split(/\s+/).pop()), 0);
  }

  /** The polite end: SIGTERM, and the code it leaves. */
  async stop() {
    this.child.kill("SIGTERM");
    try {
      return await within(this.ended, "the end after SIGTERM", 35_000);
    } finally {
      await this.kill();
    }
  }

  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** @param {string} place host:port @returns {{host: string, port: number}} */
export function address(place) {
  const colon = place.lastIndexOf(":");
  return { host: place.slice(0, colon), port: Number(place.slice(colon + 1)) };
}

/** @param {{configuration?: string, trunk?: string, ports?: Record<string, number>}} options */
function configurationText({ configuration = "", trunk, ports = {} }) {
  const names = [
    "http", "https", "sip_ws", "sip", "sips", "tserver", "config", "stat", "media", "turn",
  ];
  const lines = names.map((name) => `${name} = ${ports[name] ?? 0}`);
  const contact = trunk === undefined ? "" : `[demo]\ntrunk_contact = "${trunk}"\n`;
  return `[ports]\n${lines.join("\n")}\nrtp = [14000, 19998]\n${contact}${configuration}\n`;
}
