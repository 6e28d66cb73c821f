// A plain SIP phone's registration with digest authentication (RFC 3261 22, RFC 8760).

import { createHash } from "node:crypto";

import { all, header } from "./sip-message.js";

/** @typedef {import("./pstn.js").PstnPhone} PstnPhone */
/** @typedef {import("./sip-message.js").Message} Message */

/**
 * REGISTER, and once more with an answer to the challenge.
 * @param {PstnPhone} phone
 * @param {string} dn
 * @param {string} password
 * @param {"MD5" | "SHA-256"} [algorithm]
 * @returns {Promise<{challenge: Message, final: Message}>}
 */
export async function register(phone, dn, password, algorithm = "SHA-256") {
  const uri = `sip:${phone.server.host}:${phone.server.port}`;
  const who = `<sip:${dn}@${phone.server.host}:${phone.server.port}>`;
  const tag = phone.token();
  const callId = `${phone.token()}@${phone.host}`;
  /** @type {(cseq: number) => [string, string][]} */
  const headers = (cseq) => [
    ["From", `${who};tag=${tag}`],
    ["To", who],
    ["Call-ID", callId],
    ["CSeq", `${cseq} REGISTER`],
    ["Contact", `<sip:${dn}@${phone.place}>`],
    ["Expires", "300"],
  ];
  const challenge = await phone.ask("REGISTER", uri, headers(1));
  if (challenge.status !== 401) return { challenge, final: challenge };
  const authorization = credentials(challenge, { dn, password, uri, algorithm });
  const final = await phone.ask("REGISTER", uri, [
    ...headers(2),
    ["Authorization", authorization],
  ]);
  return { challenge, final };
}

/** The algorithms a server offers, best first. @param {Message} challenge */
export const algorithms = (challenge) =>
  all(challenge, "WWW-Authenticate").map((value) => parameter(value, "algorithm") ?? "MD5");

/**
 * @param {Message} challenge
 * @param {{dn: string, password: string, uri: string, algorithm: "MD5" | "SHA-256"}} options
 */
function credentials(challenge, { dn, password, uri, algorithm }) {
  const offered = all(challenge, "WWW-Authenticate");
  const chosen = offered.find((value) => (parameter(value, "algorithm") ?? "MD5") === algorithm);
  if (!chosen) throw new Error(`no ${algorithm} in ${header(challenge, "WWW-Authenticate")}`);
  const realm = parameter(chosen, "realm") ?? "";
  const nonce = parameter(chosen, "nonce") ?? "";
  const hash = (/** @type {string} */ text) =>
    createHash(algorithm === "MD5" ? "md5" : "sha256").update(text).digest("hex");
  const secret = hash(`${dn}:${realm}:${password}`);
  const what = hash(`REGISTER:${uri}`);
  const response = hash(`${secret}:${nonce}:00000001:abcd:auth:${what}`);
  const opaque = parameter(chosen, "opaque");
  return [
    `Digest username="${dn}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`,
    `response="${response}"`, `algorithm=${algorithm}`, "qop=auth", "nc=00000001", 'cnonce="abcd"',
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
  ].join(", ");
}

/** @param {string} value @param {string} name */
function parameter(value, name) {
  const match = new RegExp(`\\b${name}=(?:"([^"]*)"|([^,\\s]+))`, "i").exec(value);
  return match?.[1] ?? match?.[2];
}
