// An agent's SIP phone that rings until its server says `talk` (NOTIFY, Event: talk).

import { PstnPhone } from "../../e2e/lib/pstn.js";
import { describe, header, parse, respond } from "../../e2e/lib/sip-message.js";

/** @typedef {import("../../e2e/lib/sip-message.js").Message} Message */

export class TalkPhone extends PstnPhone {
  tag = this.token();
  /** The INVITE that rings. @type {Message | null} */
  ringing = null;
  isTalking = false;

  /** @param {string} host */
  static async open(host = "127.0.0.1") {
    const { socket } = await PstnPhone.open(host);
    socket.removeAllListeners("message");
    return new TalkPhone(socket, host);
  }

  /** @param {Buffer} bytes */
  onDatagram(bytes) {
    const message = parse(bytes);
    if (message?.method === "INVITE") {
      this.ringing ??= message;
      this.answer(180, "Ringing");
    } else if (message?.method === "NOTIFY" && header(message, "Event") === "talk") {
      this.send(respond(message, 200, "OK"));
      this.answer(200, "OK");
      this.isTalking = true;
    } else if (message?.method === "BYE") {
      this.send(respond(message, 200, "OK"));
      this.isTalking = false;
    } else {
      super.onDatagram(bytes);
    }
  }

  /** @param {number} status @param {string} reason */
  answer(status, reason) {
    if (this.ringing === null) return;
    /** @type {[string, string][]} */
    const headers = [["Contact", `<sip:5001@${this.place}>`], ["Allow-Events", "talk"]];
    const isFinal = status >= 200;
    if (isFinal) headers.push(["Content-Type", "application/sdp"]);
    const sdp = isFinal ? describe(this.host, this.port, 1) : "";
    const response = respond(this.ringing, status, reason, headers, sdp);
    response.headers = response.headers.map(([name, value]) =>
      name === "To" && !value.includes(";tag=") ? [name, `${value};tag=${this.tag}`]
        : [name, value],
    );
    this.send(response);
  }
}
