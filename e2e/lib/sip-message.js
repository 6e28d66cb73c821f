// SIP messages as the telephone of the tests reads and writes them: enough for a well-behaved
// carrier, and deliberately not the product's parser.

/**
 * @typedef {object} Message
 * @property {string} [method] of a request
 * @property {string} [uri] of a request
 * @property {number} [status] of a response
 * @property {string} [reason] of a response
 * @property {[string, string][]} headers in order, names as received
 * @property {string} body
 */

/** @param {Buffer} bytes @returns {Message | null} */
export function parse(bytes) {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = text.slice(0, end).replace(/\r\n[ \t]+/g, " ").split("\r\n");
  /** @type {[string, string][]} */
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    return [LONG[name.toLowerCase()] ?? name, line.slice(colon + 1).trim()];
  });
  const body = text.slice(end + 4);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  if (response) return { status: Number(response[1]), reason: response[2] ?? "", headers, body };
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(first);
  return request ? { method: request[1] ?? "", uri: request[2] ?? "", headers, body } : null;
}

/** @param {Message} message */
export function serialize({ method, uri, status, reason, headers, body }) {
  const first = method ? `${method} ${uri} SIP/2.0` : `SIP/2.0 ${status} ${reason}`;
  const lines = [...headers, ["Content-Length", String(Buffer.byteLength(body, "latin1"))]];
  const head = lines.map(([name, value]) => `${name}: ${value}`).join("\r\n");
  return Buffer.from(`${first}\r\n${head}\r\n\r\n${body}`, "latin1");
}

/** @param {Message} message @param {string} name @returns {string[]} */
export function all(message, name) {
  const wanted = name.toLowerCase();
  return message.headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}

/** @param {Message} message @param {string} name */
export const header = (message, name) => all(message, name)[0];

/** @param {string} value of From or To */
export const tagOf = (value) => /;tag=([^;>\s]+)/.exec(value)?.[1];

/** The URI inside a Contact, From, To or Route. @param {string} value */
export const uriOf = (value) => /<([^>]+)>/.exec(value)?.[1] ?? value.split(";")[0] ?? value;

/** The response to a request with the headers that RFC 3261 8.2.6 copies.
 * @param {Message} request @param {number} status @param {string} reason
 * @param {[string, string][]} [more] @param {string} [body] @returns {Message} */
export function respond(request, status, reason, more = [], body = "") {
  /** @type {[string, string][]} */
  const copied = request.headers.filter(([name]) => COPIED.has(name.toLowerCase()));
  return { status, reason, headers: [...copied, ...more], body };
}

/** Where a peer wants its sound.
 * @param {string} sdp @returns {{host: string, port: number} | null} */
export function mediaOf(sdp) {
  const host = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
  const port = /^m=audio (\d+) RTP\/AVP/m.exec(sdp)?.[1];
  return host && port ? { host, port: Number(port) } : null;
}

/** @param {string} host @param {number} port @param {number} version */
export function describe(host, port, version) {
  const lines = [
    "v=0",
    `o=carrier 4711 ${version} IN IP4 ${host}`,
    "s=-",
    `c=IN IP4 ${host}`,
    "t=0 0",
    `m=audio ${port} RTP/AVP 0 101`,
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=ptime:20",
    "a=sendrecv",
  ];
  return `${lines.join("\r\n")}\r\n`;
}

const COPIED = new Set(["via", "from", "to", "call-id", "cseq", "record-route"]);

/** @type {Record<string, string>} */
const LONG = {
  c: "Content-Type", f: "From", i: "Call-ID", k: "Supported", l: "Content-Length",
  m: "Contact", t: "To", v: "Via",
};
