// The public telephone network: a SIP user agent over UDP with real RTP, on the carrier's side of
// the trunk. It shares no code with the product.

import { randomBytes } from "node:crypto";
import dgram from "node:dgram";

import { PstnCall } from "./pstn-call.js";
import { PstnCallee, takeCall } from "./pstn-callee.js";
import { RtpEnd } from "./rtp.js";
import { header, parse, respond, serialize } from "./sip-message.js";
import { until } from "./wait.js";

/** @typedef {import("./sip-message.js").Message} Message */

export class PstnPhone {
  /** @type {PstnCall[]} */
  calls = [];
  /** Who told whom what, for the evidence of a failed story. */
  ladder = "";
  /** @type {Set<NodeJS.Timeout>} */
  timers = new Set();
  started = Date.now();
  closed = false;

  /** @param {dgram.Socket} socket @param {string} host */
  constructor(socket, host) {
    this.socket = socket;
    this.host = host;
    this.server = { host: "127.0.0.1", port: 0 };
    socket.on("message", (bytes) => this.onDatagram(bytes));
  }

  /** @param {string} [host] the loopback address to call from @returns {Promise<PstnPhone>} */
  static async open(host = "127.0.0.1") {
    const socket = dgram.createSocket("udp4");
    await new Promise((resolve) => socket.bind(0, host, () => resolve(null)));
    return new PstnPhone(socket, host);
  }

  get port() {
    return this.socket.address().port;
  }

  get place() {
    return `${this.host}:${this.port}`;
  }

  token() {
    return randomBytes(6).toString("hex");
  }

  branch() {
    return `z9hG4bK${this.token()}`;
  }

  /** @param {{to?: string, from?: string, says?: string | null, uuid?: string}} [options] */
  async call({ to = "+18005551234", from = "5551234567", says = null, uuid } = {}) {
    const rtp = await RtpEnd.open(this.host);
    rtp.speak(says);
    const call = new PstnCall(this, rtp, {
      to, from, callId: `${this.token()}@${this.host}`, uuid: uuid ?? null,
    });
    this.calls.push(call);
    call.invite();
    return call;
  }

  /** @param {Message} message */
  send(message) {
    if (this.closed) return;
    this.note("->", message);
    this.socket.send(serialize(message), this.server.port, this.server.host);
  }

  /** Raw bytes, for what no telephone should send. @param {Buffer | string} bytes */
  sendRaw(bytes) {
    this.socket.send(bytes, this.server.port, this.server.host);
  }

  /** Sends and repeats as timers A and E say, until `done`. @param {Message} message
   * @param {() => boolean} done */
  sendUntil(message, done) {
    let wait = T1_MS;
    const again = () => {
      if (done() || wait > T1_MS * 64) return;
      this.send(message);
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        again();
      }, wait);
      this.timers.add(timer);
      wait *= 2;
    };
    again();
  }

  /** A request outside any call and its final response.
   * @param {string} method @param {string} uri @param {[string, string][]} [more]
   * @param {string} [body] */
  async ask(method, uri, more = [], body = "") {
    /** @type {Message | null} */
    let reply = null;
    /** @type {[string, string][]} */
    const headers = [
      ["Via", `SIP/2.0/UDP ${this.place};branch=${this.branch()};rport`],
      ["Max-Forwards", "70"],
      ["From", `<sip:carrier@${this.place}>;tag=${this.token()}`],
      ["To", `<${uri}>`],
      ["Call-ID", `${this.token()}@${this.host}`],
      ["CSeq", `1 ${method}`],
      ["Contact", `<sip:carrier@${this.place}>`],
    ];
    const replaced = new Set(more.map(([name]) => name.toLowerCase()));
    const kept = headers.filter(([name]) => !replaced.has(name.toLowerCase()));
    const message = { method, uri, headers: [...kept, ...more], body };
    this.strays.set(header(message, "Call-ID") ?? "", (response) => {
      if ((response.status ?? 0) >= 200) reply = response;
    });
    this.sendUntil(message, () => reply !== null);
    return /** @type {Promise<Message>} */ (until(`an answer to ${method}`, () => reply));
  }

  /** @type {Map<string, (message: Message) => void>} */
  strays = new Map();

  /** @param {Buffer} bytes */
  onDatagram(bytes) {
    const message = parse(bytes);
    if (message === null) return;
    this.note("<-", message);
    const call = this.calls.find((one) => one.owns(message));
    const stray = this.strays.get(header(message, "Call-ID") ?? "");
    if (message.status !== undefined) {
      if (call) call.onResponse(message);
      else stray?.(message);
    } else if (call) {
      call.onRequest(message);
    } else if (message.method === "INVITE" && this.manner !== null) {
      void this.onInvite(message, this.manner);
    } else {
      this.other(message);
    }
  }

  /** A request that belongs to no call. @param {Message} message */
  other(message) {
    if (message.method === "CANCEL") {
      this.onCancel(message);
    } else if (message.method === "OPTIONS") {
      this.send(respond(message, 200, "OK"));
    } else if (message.method !== "ACK") {
      this.send(respond(message, 481, "Call/Transaction Does Not Exist"));
    }
  }

  /** How calls from the server are taken; null: not at all.
   * @type {import("./pstn-callee.js").Manner | null} */
  manner = null;

  /** @param {Message} message @param {import("./pstn-callee.js").Manner} manner */
  async onInvite(message, manner) {
    const callId = header(message, "Call-ID") ?? "";
    // A repetition of one that is being dealt with.
    if (this.ringing.has(callId)) return;
    this.ringing.set(callId, message);
    const call = await takeCall(this, message, manner);
    this.calls.push(call);
    await call.proceed();
  }

  /** INVITEs from the server, by Call-ID. @type {Map<string, Message>} */
  ringing = new Map();

  /** @param {Message} cancel */
  onCancel(cancel) {
    this.send(respond(cancel, 200, "OK"));
    const callId = header(cancel, "Call-ID");
    const call = this.calls.find((one) => one.callId === callId);
    if (call instanceof PstnCallee) call.cancelledByThem();
  }

  /** The call that came for this number. @param {string} number @returns {Promise<PstnCallee>} */
  async called(number) {
    const is = (/** @type {PstnCall} */ call) => {
      return call instanceof PstnCallee && call.end === null && call.who.from === number;
    };
    const found = await until(`a call for ${number}`, () => this.calls.find(is));
    return /** @type {PstnCallee} */ (found);
  }

  /** @param {"->" | "<-"} way @param {Message} message */
  note(way, message) {
    const what = message.method ?? `${message.status} ${message.reason}`;
    const ms = String(Date.now() - this.started).padStart(7);
    const cseq = header(message, "CSeq");
    const sdp = message.body.startsWith("v=0") ? " with SDP" : "";
    this.ladder += `${ms} ms  carrier ${way} cordboard  ${what} (${cseq})${sdp}\n`;
  }

  async close() {
    for (const call of this.calls) {
      if (call.state === "talking") call.hangUp();
      else if (call.state === "calling") call.cancel();
    }
    const isOver = (/** @type {PstnCall} */ call) => call.end?.by === "them" || call.byeAnswered;
    const over = () => this.calls.every(isOver);
    await until("the end of every call", over, 2000).catch(() => {});
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.calls.map((call) => call.rtp.close()));
    this.closed = true;
    this.socket.close();
  }
}

const T1_MS = 500;
