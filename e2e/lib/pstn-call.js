// One call of the telephone on the far side of the trunk, from INVITE to BYE.

import { all, describe, header, mediaOf, respond, tagOf, uriOf } from "./sip-message.js";
import { until } from "./wait.js";
import { writeWav } from "./wav.js";

/** @typedef {import("./sip-message.js").Message} Message */
/** @typedef {import("./rtp.js").RtpEnd} RtpEnd */
/** @typedef {{by: "us" | "them", status?: number, reason?: string, message?: Message}} End */

export class PstnCall {
  /** @type {Message[]} */
  provisional = [];
  /** @type {Message | null} */
  final = null;
  /** @type {End | null} */
  end = null;
  /** @type {"calling" | "talking" | "ended"} */
  state = "calling";

  /**
   * @param {import("./pstn.js").PstnPhone} phone
   * @param {RtpEnd} rtp
   * @param {{to: string, from: string, callId: string, uuid?: string | null}} who
   */
  constructor(phone, rtp, who) {
    this.phone = phone;
    this.rtp = rtp;
    this.who = who;
    this.callId = who.callId;
    this.cseq = 1;
    this.sdpVersion = 1;
    this.localTag = phone.token();
    this.remoteTo = `<sip:${who.to}@${phone.server.host}:${phone.server.port}>`;
    this.target = uriOf(this.remoteTo);
    /** @type {string[]} */
    this.routes = [];
    this.branch = phone.branch();
  }

  /** @param {string} method @param {string} branch @returns {Message} */
  request(method, branch = this.phone.branch()) {
    const { host, port } = this.phone;
    /** @type {[string, string][]} */
    const headers = [
      ["Via", `SIP/2.0/UDP ${host}:${port};branch=${branch};rport`],
      ["Max-Forwards", "70"],
      ["From", `"Caller" <sip:${this.who.from}@${host}:${port}>;tag=${this.localTag}`],
      ["To", this.remoteTo],
      ["Call-ID", this.callId],
      ["CSeq", `${this.cseq} ${method}`],
      ...this.routes.map((route) => /** @type {[string, string]} */ (["Route", route])),
    ];
    return { method, uri: this.target, headers, body: "" };
  }

  invite() {
    const message = this.request("INVITE", this.branch);
    message.headers.push(["Contact", this.contact], ["Allow", ALLOW], ["Supported", "timer"]);
    if (this.who.uuid) message.headers.push(["X-Genesys-CallUUID", this.who.uuid]);
    message.headers.push(["Content-Type", "application/sdp"]);
    message.body = describe(this.phone.host, this.rtp.port, this.sdpVersion);
    this.phone.sendUntil(message, () => this.provisional.length > 0 || this.final !== null);
  }

  get contact() {
    return `<sip:${this.who.from}@${this.phone.host}:${this.phone.port}>`;
  }

  /** A response to something we sent. @param {Message} message */
  onResponse(message) {
    const [, method] = (header(message, "CSeq") ?? "").split(" ");
    const status = message.status ?? 0;
    if (method === "BYE" && status >= 200) this.byeAnswered = true;
    if (method !== "INVITE") return;
    const media = mediaOf(message.body);
    if (media && this.state !== "ended") this.rtp.aim(media);
    if (status < 200) {
      this.provisional.push(message);
      return;
    }
    if (status < 300) this.onAnswer(message);
    else this.onRefusal(message, status);
  }

  /** @param {Message} message */
  onAnswer(message) {
    this.final = message;
    this.follow(message);
    // RFC 3261 13.2.2.4: every copy of the 2xx is acknowledged, in a transaction of its own.
    this.acknowledge();
    if (this.state === "calling") this.state = "talking";
    // The 2xx crossed our CANCEL: take the call and end it.
    if (this.cancelled) this.hangUp();
  }

  /** What follows is said in the dialog of this response. @param {Message} response */
  follow(response) {
    this.remoteTo = header(response, "To") ?? this.remoteTo;
    this.target = uriOf(header(response, "Contact") ?? this.target);
    this.routes = all(response, "Record-Route").reverse();
  }

  acknowledge() {
    this.phone.send(this.request("ACK"));
  }

  /** @param {Message} message @param {number} status */
  onRefusal(message, status) {
    this.final = message;
    const ack = this.request("ACK", this.branch);
    ack.uri = uriOf(`<sip:${this.who.to}@${this.phone.server.host}:${this.phone.server.port}>`);
    ack.headers = ack.headers.map(([name, value]) =>
      name === "To" ? [name, header(message, "To") ?? value] : [name, value],
    );
    this.phone.send(ack);
    this.finish({ by: "them", status, reason: header(message, "Reason") ?? "", message });
  }

  /** A request inside this call. @param {Message} message */
  onRequest(message) {
    if (message.method === "BYE") {
      this.phone.send(respond(message, 200, "OK"));
      this.finish({ by: "them", reason: header(message, "Reason") ?? "", message });
    } else if (message.method === "INVITE" || message.method === "UPDATE") {
      const media = mediaOf(message.body);
      if (media) this.rtp.aim(media);
      this.sdpVersion += 1;
      const sdp = describe(this.phone.host, this.rtp.port, this.sdpVersion);
      const isOffer = message.method === "INVITE" || message.body !== "";
      this.phone.send(
        respond(
          message, 200, "OK",
          [["Contact", this.contact], ...(isOffer ? SDP_TYPE : [])],
          isOffer ? sdp : "",
        ),
      );
    } else if (message.method !== "ACK") {
      this.phone.send(respond(message, 200, "OK"));
    }
  }

  /** @param {End} end */
  finish(end) {
    if (this.end !== null) return;
    this.end = end;
    this.state = "ended";
    this.rtp.aim(null);
  }

  cancel() {
    this.cancelled = true;
    const cancel = this.request("CANCEL", this.branch);
    this.phone.sendUntil(cancel, () => this.final !== null);
  }

  hangUp() {
    if (this.state !== "talking") return;
    this.cseq += 1;
    this.phone.sendUntil(this.request("BYE"), () => this.byeAnswered === true);
    this.finish({ by: "us" });
  }

  byeAnswered = false;
  cancelled = false;

  /** Everything told before the answer, without repetitions: e.g. 100, 180. */
  get told() {
    return [...new Set(this.provisional.map((message) => message.status))];
  }

  /** A provisional response with this status. @param {number} status @param {number} [msMax] */
  async progress(status, msMax) {
    const has = () => this.provisional.find((message) => message.status === status);
    return until(`a ${status} for the caller`, has, msMax);
  }

  /** @param {number} [msMax] */
  async answered(msMax) {
    await until("an answer for the caller", () => this.state !== "calling", msMax);
    if (this.state === "ended") throw new Error(`refused: ${this.end?.status} ${this.end?.reason}`);
  }

  /** @param {number} [msMax] @returns {Promise<End>} */
  async ended(msMax) {
    return until("the end of the caller's call", () => this.end, msMax);
  }

  /** Everything heard since `listen`, also as a file. @param {string} file */
  async heard(file) {
    const heard = await this.rtp.heard();
    await writeWav(file, 8000, heard.samples);
    return heard;
  }

  /** Is this message part of the call? @param {Message} message */
  owns(message) {
    if (header(message, "Call-ID") !== this.callId) return false;
    const ours = header(message, message.method ? "To" : "From") ?? "";
    return tagOf(ours) === this.localTag;
  }
}

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE";

/** @type {[string, string][]} */
const SDP_TYPE = [["Content-Type", "application/sdp"]];
