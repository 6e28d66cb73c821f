// A bad network between a browser and one UDP port: it loses, delays, shakes and reorders what
// passes, each way for itself, as it is told at the moment.

import dgram from "node:dgram";

/**
 * @typedef {object} Manner how packets fare, each way
 * @property {number} [loss] of them lost, in percent
 * @property {number} [burst] how many are lost together, in the mean (Gilbert's model)
 * @property {number} [delay] in ms
 * @property {number} [jitter] spread of the delay in ms: normal, its standard deviation half of it
 * @property {number} [reorder] of them sent at once instead of delayed, in percent
 */

export class Link {
  /** @type {Manner} */
  manner = {};
  /** @type {Map<number, Way>} */
  ways = new Map();
  random = generator(1);

  /** @param {dgram.Socket} socket @param {number} port where it leads */
  constructor(socket, port) {
    this.socket = socket;
    this.port = port;
    socket.on("message", (bytes, from) => this.way(from.port).out.pass(bytes));
  }

  /** @param {number} port */
  static async to(port) {
    const socket = await bound();
    return new Link(socket, port);
  }

  get near() {
    return this.socket.address().port;
  }

  /** @param {number} client */
  way(client) {
    const known = this.ways.get(client);
    if (known) return known;
    const far = dgram.createSocket("udp4");
    const way = {
      far,
      out: new Direction(this, (bytes) => far.send(bytes, this.port, "127.0.0.1")),
      back: new Direction(this, (bytes) => this.socket.send(bytes, client, "127.0.0.1")),
    };
    far.on("message", (bytes) => way.back.pass(bytes));
    far.bind(0, "127.0.0.1");
    this.ways.set(client, way);
    return way;
  }

  /** @param {Manner} manner */
  become(manner) {
    this.manner = manner;
    this.random = generator(1);
  }

  close() {
    this.socket.close();
    for (const { far } of this.ways.values()) far.close();
  }
}

/** @typedef {{far: dgram.Socket, out: Direction, back: Direction}} Way */

class Direction {
  isLosing = false;
  last = 0;

  /** @param {Link} link @param {(bytes: Buffer) => void} send */
  constructor(link, send) {
    this.link = link;
    this.send = send;
  }

  /** @param {Buffer} bytes */
  pass(bytes) {
    const { delay = 0, jitter = 0, reorder = 0 } = this.link.manner;
    if (this.loses()) return;
    const random = this.link.random;
    if (reorder > 0 && random() < reorder / 100) return this.send(bytes);
    const spread = jitter === 0 ? 0 : normal(random) * (jitter / 2);
    const now = performance.now();
    // A queue keeps the order.
    const at = Math.max(now + Math.max(0, delay + spread), this.last);
    this.last = at;
    if (at - now < 0.5) this.send(bytes);
    else setTimeout(() => this.send(bytes), at - now);
  }

  loses() {
    const { loss = 0, burst = 1 } = this.link.manner;
    const share = loss / 100;
    if (share === 0) return false;
    if (burst <= 1) return this.link.random() < share;
    this.isLosing = this.isLosing
      ? this.link.random() >= 1 / burst
      : this.link.random() < share / (burst * (1 - share));
    return this.isLosing;
  }
}

/** @returns {Promise<dgram.Socket>} */
export async function bound() {
  const socket = dgram.createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(null)));
  return socket;
}

/** The same numbers for every system under measurement. @param {number} seed */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {() => number} random */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
