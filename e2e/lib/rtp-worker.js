// One RTP port of the telephone, in a thread of its own so that nothing delays its 20 ms beat.
// It sends a file again and again in mu-law, and keeps what it hears in its place by timestamp.

import dgram from "node:dgram";
import { parentPort, workerData } from "node:worker_threads";

import { decode, encode } from "./g711.js";
import { readWav } from "./wav.js";

const port = parentPort;
if (port === null) throw new Error("this runs as a worker");

const socket = dgram.createSocket("udp4");
const { host } = workerData;

/** @type {Uint8Array} */
let sound = new Uint8Array(0);
/** @type {{host: string, port: number} | null} */
let far = null;
let sequence = 4000;
let timestamp = 160_000;
let at = 0;
let next = 0;
/** Packets of kinds that nobody agreed to, among the voice. */
let oddEveryMs = 0;
let oddAt = 0;

/** What was heard since the last `forget`. */
/** @type {ReturnType<typeof fresh>} */
let heard;

function fresh() {
  return {
    samples: new Int16Array(RATE * 30),
    length: 0,
    packets: 0,
    /** @type {number[]} */
    kinds: [],
    keys: "",
    keyStamp: -1,
    ssrc: -1,
    origin: 0,
    gapMsMax: 0,
    lastMs: 0,
  };
}

function send() {
  const now = performance.now();
  if (next === 0 || now - next > LATE_MS_MAX) next = now;
  while (next <= now) {
    next += PACKET_MS;
    if (far === null) continue;
    socket.send(packet(), far.port, far.host);
    if (oddEveryMs > 0 && now >= oddAt) {
      oddAt = now + oddEveryMs;
      for (const kind of ODD_KINDS) socket.send(oddPacket(kind), far.port, far.host);
    }
  }
  setTimeout(send, Math.max(1, next - performance.now() - 0.5));
}

function packet() {
  const payload = Buffer.alloc(PACKET_SAMPLES, SILENCE);
  for (let i = 0; i < PACKET_SAMPLES && sound.length > 0; i += 1) {
    payload[i] = sound[at] ?? SILENCE;
    at = (at + 1) % sound.length;
  }
  const head = Buffer.alloc(12);
  head[0] = 0x80;
  head.writeUInt16BE(sequence, 2);
  head.writeUInt32BE(timestamp, 4);
  head.writeUInt32BE(SSRC, 8);
  sequence = (sequence + 1) & 0xffff;
  timestamp = (timestamp + PACKET_SAMPLES) >>> 0;
  return Buffer.concat([head, payload]);
}

/** Comfort noise, or what nobody knows, in the voice's own sequence. @param {number} kind */
function oddPacket(kind) {
  const head = Buffer.alloc(13);
  head[0] = 0x80;
  head[1] = kind;
  head.writeUInt16BE(sequence, 2);
  head.writeUInt32BE(timestamp, 4);
  head.writeUInt32BE(SSRC, 8);
  head[12] = 60;
  sequence = (sequence + 1) & 0xffff;
  return head;
}

/** @param {Buffer} bytes */
function receive(bytes) {
  if (bytes.length < 12 || (bytes[0] ?? 0) >> 6 !== 2) return;
  const kind = (bytes[1] ?? 0) & 0x7f;
  if (!heard.kinds.includes(kind)) heard.kinds.push(kind);
  if (kind === KEY_KIND) hearKey(bytes);
  if (kind !== 0) return;
  const now = performance.now();
  if (heard.packets > 0) heard.gapMsMax = Math.max(heard.gapMsMax, now - heard.lastMs);
  heard.lastMs = now;
  heard.packets += 1;
  const ssrc = bytes.readUInt32BE(8);
  const stamp = bytes.readUInt32BE(4);
  let place = (stamp - heard.origin) | 0;
  // Another stream, or a leap: go on where the recording ends.
  if (ssrc !== heard.ssrc || place < -RATE || place > heard.length + 10 * RATE) {
    heard.ssrc = ssrc;
    heard.origin = (stamp - heard.length) >>> 0;
    place = heard.length;
  }
  if (place < 0) return;
  const payload = decode(bytes.subarray(12 + 4 * ((bytes[0] ?? 0) & 0x0f)));
  const end = place + payload.length;
  if (end > RATE * SECONDS_MAX) return;
  if (end > heard.samples.length) {
    const larger = new Int16Array(Math.max(end, heard.samples.length * 2));
    larger.set(heard.samples);
    heard.samples = larger;
  }
  heard.samples.set(payload, place);
  heard.length = Math.max(heard.length, end);
}

/** RFC 4733 2.3: the packets of one key have one timestamp. @param {Buffer} bytes */
function hearKey(bytes) {
  const stamp = bytes.readUInt32BE(4);
  if (stamp === heard.keyStamp) return;
  heard.keyStamp = stamp;
  heard.keys += KEYS[bytes[12] ?? -1] ?? "?";
}

/** @param {any} order */
async function obey(order) {
  if (order.kind === "speak") {
    sound = order.file === null ? new Uint8Array(0) : encode((await readWav(order.file)).samples);
    at = 0;
  } else if (order.kind === "aim") {
    far = order.far;
  } else if (order.kind === "oddities") {
    oddEveryMs = order.everyMs;
  } else if (order.kind === "forget") {
    heard = fresh();
  } else if (order.kind === "tell") {
    const { packets, kinds, keys, gapMsMax, length } = heard;
    const samples = heard.samples.slice(0, length);
    port?.postMessage({ kind: "heard", samples, packets, kinds, keys, gapMsMax });
  } else if (order.kind === "close") {
    socket.close();
    process.exit(0);
  }
}

const RATE = 8000;
/** As our own descriptions say. */
const KEY_KIND = 101;
const KEYS = "0123456789*#ABCD";
const PACKET_MS = 20;
const PACKET_SAMPLES = 160;
const SILENCE = 0xff;
const SSRC = 0x70_73_74_6e;
/** Comfort noise (RFC 3389), and a dynamic number that no description names. */
const ODD_KINDS = [13, 77];
const LATE_MS_MAX = 500;
const SECONDS_MAX = 180;

heard = fresh();
socket.on("message", receive);
socket.bind(0, host, () => {
  port.on("message", obey);
  port.postMessage({ kind: "open", port: socket.address().port });
  send();
});
