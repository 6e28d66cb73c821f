// A telephone on the far side of the trunk that is called.

import { PstnCall } from "./pstn-call.js";
import { RtpEnd } from "./rtp.js";
import { all, describe, header, mediaOf, respond, uriOf } from "./sip-message.js";
import { pause } from "./wait.js";

/** @typedef {import("./sip-message.js").Message} Message */

/**
 * How calls are taken: a refusal, or an answer after ringing or after sounds that come before it.
 * @typedef {{status?: number, reason?: string, says?: string | null, early?: boolean,
 *   ringMs?: number}} Manner
 */

export class PstnCallee extends PstnCall {
  /** @type {Message | null} */
  invitation = null;
  /** @type {Manner} */
  manner = {};

  /** 18x, and then what the manner says. */
  async proceed() {
    const { status, reason = "No", early = false, ringMs = 200 } = this.manner;
    if (status !== undefined) {
      this.byeAnswered = true;
      this.finish({ by: "us", status });
      return this.reply(status, reason);
    }
    if (early) this.reply(183, "Session Progress", true);
    else this.reply(180, "Ringing");
    await pause(ringMs);
    if (this.end !== null) return;
    this.state = "talking";
    this.reply(200, "OK", true);
  }

  /** Hanging up before the answer is a refusal. */
  cancel() {
    if (this.state !== "calling") return;
    this.byeAnswered = true;
    this.finish({ by: "us", status: 480 });
    this.reply(480, "Temporarily Unavailable");
  }

  cancelledByThem() {
    if (this.state !== "calling") return;
    this.finish({ by: "them" });
    this.reply(487, "Request Terminated");
  }

  /** @param {number} status @param {string} reason @param {boolean} [withMedia] */
  reply(status, reason, withMedia = false) {
    const { invitation } = this;
    if (invitation === null) return;
    const response = respond(invitation, status, reason, [["Contact", this.contact]]);
    response.headers = response.headers.map(([name, value]) =>
      name === "To" && !value.includes(";tag=") ? [name, `${value};tag=${this.localTag}`]
        : [name, value],
    );
    if (withMedia) {
      response.headers.push(["Content-Type", "application/sdp"]);
      response.body = describe(this.phone.host, this.rtp.port, this.sdpVersion);
    }
    this.phone.send(response);
  }
}

/** @param {import("./pstn.js").PstnPhone} phone @param {Message} invite @param {Manner} manner */
export async function takeCall(phone, invite, manner) {
  const rtp = await RtpEnd.open(phone.host);
  rtp.speak(manner.says ?? null);
  const number = /sip:\+?([^@;>]+)/.exec(invite.uri ?? "")?.[1] ?? "";
  const who = { to: "", from: number, callId: header(invite, "Call-ID") ?? "" };
  const call = new PstnCallee(phone, rtp, who);
  call.invitation = invite;
  call.manner = manner;
  call.remoteTo = header(invite, "From") ?? "";
  call.target = uriOf(header(invite, "Contact") ?? "");
  call.routes = all(invite, "Record-Route");
  const media = mediaOf(invite.body);
  if (media) rtp.aim(media);
  return call;
}
