// A SIP server that a site has already: phones are registered with it, it calls them without a
// description of its own, and presses their buttons by NOTIFY, as SIP Server's log shows it.

import dgram from "node:dgram";

import { PstnCall } from "./pstn-call.js";
import { PstnPhone } from "./pstn.js";
import { RtpEnd } from "./rtp.js";
import { describe, header, respond, uriOf } from "./sip-message.js";
import { pause, until } from "./wait.js";

/** @typedef {import("./sip-message.js").Message} Message */

export class SipServer extends PstnPhone {
  /** Contact and time of each DN. @type {Map<string, {contact: string, expires: number}>} */
  registered = new Map();
  /** DNs that are not configured. @type {Set<string>} */
  unknown = new Set();
  /** REGISTERs that came. @type {Set<string>} */
  asked = new Set();
  /** How long it thinks about a REGISTER. */
  thinksMs = 0;

  /** @returns {Promise<SipServer>} */
  static async open() {
    const socket = dgram.createSocket("udp4");
    await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(null)));
    return new SipServer(socket, "127.0.0.1");
  }

  /** @param {Message} message */
  async onRegister(message) {
    const dn = /sip:([^@>]+)@/.exec(header(message, "To") ?? "")?.[1] ?? "";
    const transaction = header(message, "Via") ?? "";
    // A repetition of one that is being thought about.
    if (this.asked.has(transaction)) return;
    this.asked.add(transaction);
    if (this.thinksMs > 0) await pause(this.thinksMs);
    if (this.unknown.has(dn)) return this.send(respond(message, 404, "Not Found"));
    const contact = header(message, "Contact") ?? "";
    const expires = Number(header(message, "Expires") ?? "0");
    if (expires === 0) this.registered.delete(dn);
    else this.registered.set(dn, { contact: uriOf(contact), expires });
    this.send(respond(message, 200, "OK", [["Contact", contact]]));
  }

  /** @param {Message} message */
  other(message) {
    if (message.method === "REGISTER") void this.onRegister(message);
    else super.other(message);
  }

  /** Calls a DN where it is registered, without SDP (RFC 3725, flow I).
   * @param {string} dn @param {{says?: string | null}} [options] */
  async callDn(dn, { says = null } = {}) {
    const place = await until(`the registration of ${dn}`, () => this.registered.get(dn));
    const rtp = await RtpEnd.open(this.host);
    rtp.speak(says);
    const call = new OfferlessCall(this, rtp, {
      to: dn, from: "5551234567", callId: `${this.token()}@${this.host}`,
    });
    call.target = place.contact;
    this.calls.push(call);
    call.invite();
    return call;
  }
}

/** A call whose offer comes in the 200 and whose answer goes in the ACK. */
export class OfferlessCall extends PstnCall {
  /** When each response came, since the INVITE. @type {Map<number, number>} */
  at = new Map();
  /** @type {((status: number) => void) | null} */
  notified = null;
  started = performance.now();

  invite() {
    const message = this.request("INVITE", this.branch);
    message.headers.push(["Contact", this.contact], ["Allow", "INVITE, ACK, CANCEL, BYE, NOTIFY"]);
    message.headers.push(["Supported", "timer"]);
    this.started = performance.now();
    this.phone.sendUntil(message, () => this.provisional.length > 0 || this.final !== null);
  }

  /** @param {Message} message */
  onResponse(message) {
    const [, method] = (header(message, "CSeq") ?? "").split(" ");
    const status = message.status ?? 0;
    if (method === "NOTIFY") return this.notified?.(status);
    if (method === "INVITE" && !this.at.has(status)) {
      this.at.set(status, performance.now() - this.started);
    }
    super.onResponse(message);
  }

  acknowledge() {
    const ack = this.request("ACK");
    // The INVITE's number, whatever was said since.
    ack.headers = ack.headers.map(([name, value]) => [name, name === "CSeq" ? "1 ACK" : value]);
    ack.headers.push(["Content-Type", "application/sdp"]);
    ack.body = describe(this.phone.host, this.rtp.port, this.sdpVersion);
    this.phone.send(ack);
  }

  /** Presses a button of the phone, in whatever dialog there is; how long its 200 took.
   * @param {"talk" | "hold"} event */
  async press(event) {
    const early = this.provisional.at(-1);
    if (this.final === null && early) this.follow(early);
    this.cseq += 1;
    const notify = this.request("NOTIFY");
    notify.headers.push(["Event", event], ["Subscription-State", "active"]);
    const started = performance.now();
    /** @type {Promise<number>} */
    const answered = new Promise((resolve) => {
      this.notified = resolve;
    });
    this.phone.send(notify);
    const status = await answered;
    return { status, ms: performance.now() - started };
  }
}
