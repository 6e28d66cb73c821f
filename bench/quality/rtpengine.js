// rtpengine from the Debian package between a page and a telephone, told by its ng protocol.

import { spawn } from "node:child_process";
import { createServer } from "node:http";

import { browserWithVoice } from "../../e2e/lib/browser.js";
import { RtpEnd } from "../../e2e/lib/rtp.js";
import { describe, mediaOf } from "../../e2e/lib/sip-message.js";
import { until } from "../../e2e/lib/wait.js";
import { bound } from "./link.js";

/** A call through rtpengine over a link that is made for its port.
 * @param {{voice: string, linkTo: (port: number) => Promise<number>}} options */
export async function callByRtpengine({ voice, linkTo }) {
  const ng = await bound();
  const controlPort = ng.address().port;
  ng.close();
  const child = spawn("rtpengine", [
    "--foreground", "--log-stderr", "--log-level=4", "--table=-1", "--interface=127.0.0.1",
    `--listen-ng=127.0.0.1:${controlPort}`, `--listen-cli=127.0.0.1:${controlPort + 1}`,
    "--port-min=31000", "--port-max=31999",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  process.once("exit", () => child.kill("SIGKILL"));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log += text;
  });
  const control = new Control(await bound(), controlPort);
  await until("rtpengine", () => control.ask({ command: "ping" }).then(() => true, () => false),
    10_000).catch((error) => {
    throw new Error(`${error}\n${log}`);
  });

  const server = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>call</title>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const place = /** @type {import("node:net").AddressInfo} */ (server.address());
  const chromium = await browserWithVoice(voice);
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${place.port}/`);
  // The page is found by its own checks alone, which come over the link.
  const made = await page.evaluate(makeOffer);
  const offer = made.replaceAll(/^a=candidate:.*\r\n/gm, "").replace(/^m=audio \d+/m, "m=audio 9");

  const who = { "call-id": "quality", "from-tag": "page" };
  const offered = await control.ask({
    command: "offer", ...who, sdp: offer, "transport-protocol": "RTP/AVP", ICE: "remove",
    "rtcp-mux": ["demux"], replace: ["origin"], flags: ["trust-address"],
    codec: { mask: ["all"], transcode: ["PCMU", "telephone-event"] },
  });
  const rtp = await RtpEnd.open("127.0.0.1");
  rtp.aim(mediaOf(offered.sdp));
  const answered = await control.ask({
    command: "answer", ...who, "to-tag": "telephone", sdp: describe("127.0.0.1", rtp.port, 1),
    "transport-protocol": "UDP/TLS/RTP/SAVPF", ICE: "force", "rtcp-mux": ["require"],
    replace: ["origin"], flags: ["trust-address"],
  });
  const port = Number(/^m=audio (\d+)/m.exec(answered.sdp)?.[1] ?? 0);
  if (!/opus/i.test(answered.sdp)) throw new Error(`no Opus in the answer:\n${answered.sdp}`);
  const near = await linkTo(port);
  const answer = answered.sdp.replaceAll(
    new RegExp(`^(a=candidate:.* )${port}( typ )`, "gm"), `$1${near}$2`,
  );
  await page.evaluate(takeAnswer, answer);
  await page.waitForFunction(() =>
    /** @type {any} */ (window).connection.connectionState === "connected");
  return {
    page,
    rtp,
    close: async () => {
      await rtp.close();
      await chromium.close();
      server.close();
      control.socket.close();
      child.kill("SIGTERM");
    },
  };
}

/** Runs in the page. */
async function makeOffer() {
  const raw = { autoGainControl: false, echoCancellation: false, noiseSuppression: false };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: raw });
  const connection = new RTCPeerConnection();
  const remote = new MediaStream();
  connection.ontrack = ({ track }) => remote.addTrack(track);
  Object.assign(window, { connection, cordboardDiagnostics: { remoteStream: remote } });
  for (const track of microphone.getTracks()) connection.addTrack(track, microphone);
  const [line] = connection.getTransceivers();
  const known = RTCRtpSender.getCapabilities("audio")?.codecs ?? [];
  // Else both sides would agree on G.711, and nothing be transcoded.
  line?.setCodecPreferences(known.filter(({ mimeType }) => /opus|telephone/i.test(mimeType)));
  await connection.setLocalDescription(await connection.createOffer());
  await new Promise((resolve) => {
    if (connection.iceGatheringState === "complete") resolve(null);
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === "complete") resolve(null);
    };
  });
  // What is not played is not decoded.
  const player = new Audio();
  player.srcObject = remote;
  void player.play();
  return connection.localDescription?.sdp ?? "";
}

/** Runs in the page. @param {string} sdp */
function takeAnswer(sdp) {
  return /** @type {any} */ (window).connection.setRemoteDescription({ type: "answer", sdp });
}

class Control {
  /** @type {Map<string, (answer: any) => void>} */
  waiting = new Map();
  next = 1;

  /** @param {import("node:dgram").Socket} socket @param {number} port */
  constructor(socket, port) {
    this.socket = socket;
    this.port = port;
    socket.on("message", (bytes) => {
      const text = bytes.toString("latin1");
      const space = text.indexOf(" ");
      this.waiting.get(text.slice(0, space))?.(decode(text.slice(space + 1)));
    });
  }

  /** @param {Record<string, any>} request @returns {Promise<any>} */
  async ask(request) {
    const cookie = `c${this.next++}`;
    const answer = new Promise((resolve, reject) => {
      this.waiting.set(cookie, resolve);
      setTimeout(() => reject(new Error(`rtpengine does not answer ${request.command}`)), 2000);
    });
    this.socket.send(Buffer.from(`${cookie} ${encode(request)}`, "latin1"), this.port, "127.0.0.1");
    const said = await answer;
    if (said.result === "error") throw new Error(`rtpengine: ${said["error-reason"]}`);
    return said;
  }
}

/** Bencode. @param {any} value @returns {string} */
function encode(value) {
  if (typeof value === "number") return `i${value}e`;
  if (typeof value === "string") return `${value.length}:${value}`;
  if (Array.isArray(value)) return `l${value.map(encode).join("")}e`;
  const members = Object.entries(value).map(([key, inner]) => encode(key) + encode(inner));
  return `d${members.join("")}e`;
}

/** @param {string} text @returns {any} */
function decode(text) {
  let at = 0;
  /** @returns {any} */
  const one = () => {
    const kind = text[at];
    if (kind === "i") {
      const end = text.indexOf("e", at);
      const number = Number(text.slice(at + 1, end));
      at = end + 1;
      return number;
    }
    if (kind === "l" || kind === "d") {
      at += 1;
      /** @type {any[]} */
      const items = [];
      while (text[at] !== "e") items.push(one());
      at += 1;
      if (kind === "l") return items;
      return Object.fromEntries(items.flatMap((item, n) =>
        n % 2 === 0 ? [[item, items[n + 1]]] : []));
    }
    const colon = text.indexOf(":", at);
    const length = Number(text.slice(at, colon));
    at = colon + 1 + length;
    return text.slice(colon + 1, at);
  };
  return one();
}
