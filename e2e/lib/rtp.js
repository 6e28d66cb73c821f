// The telephone's mouth and ear: what `rtp-worker.js` does, as promises.

import { Worker } from "node:worker_threads";

/**
 * @typedef {object} Heard
 * @property {Int16Array} samples at 8 kHz, silence where nothing arrived
 * @property {number} packets
 * @property {number[]} kinds payload types seen
 * @property {string} keys pressed, as events among the voice
 * @property {number} gapMsMax longest time between two packets
 */

export class RtpEnd {
  /** @param {Worker} worker @param {number} port */
  constructor(worker, port) {
    this.worker = worker;
    this.port = port;
  }

  /** @param {string} host @returns {Promise<RtpEnd>} */
  static async open(host) {
    const file = new URL("./rtp-worker.js", import.meta.url);
    const worker = new Worker(file, { workerData: { host } });
    const { port } = await answer(worker, "open");
    return new RtpEnd(worker, port);
  }

  /** Speak this file from now on, over and over; null is silence. @param {string | null} file */
  speak(file) {
    this.worker.postMessage({ kind: "speak", file });
  }

  /** @param {{host: string, port: number} | null} far */
  aim(far) {
    this.worker.postMessage({ kind: "aim", far });
  }

  /** Sends packets of kinds that nobody agreed to from now on. @param {number} everyMs */
  slipIn(everyMs) {
    this.worker.postMessage({ kind: "oddities", everyMs });
  }

  forget() {
    this.worker.postMessage({ kind: "forget" });
  }

  /** What was heard since the start or the last `forget`. @returns {Promise<Heard>} */
  async heard() {
    this.worker.postMessage({ kind: "tell" });
    return answer(this.worker, "heard");
  }

  async close() {
    const gone = new Promise((resolve) => this.worker.once("exit", resolve));
    this.worker.postMessage({ kind: "close" });
    await gone;
  }
}

/** @param {Worker} worker @param {string} kind @returns {Promise<any>} */
function answer(worker, kind) {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    const listen = (/** @type {any} */ message) => {
      if (message.kind !== kind) return;
      worker.off("message", listen);
      worker.off("error", reject);
      resolve(message);
    };
    worker.on("message", listen);
  });
}
