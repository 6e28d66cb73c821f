// Calls that must not come in, and that disturb nobody.

import assert from "node:assert/strict";

import { PstnPhone } from "../lib/pstn.js";
import { header, mediaOf } from "../lib/sip-message.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

story("a number that nobody has gets 404 with a Reason", async (scene) => {
  const carrier = await scene.carrier();
  const call = await carrier.call({ to: "+18009999999" });
  const end = await call.ended();
  assert.equal(end.status, 404);
  assert.match(end.reason ?? "", /^(Q\.850|SIP)\s*;\s*cause=\d+/);
});

story("an INVITE from an unknown source gets 403 and is counted", async (scene) => {
  const carrier = await scene.carrier();
  const server = await scene.server();
  const stranger = await PstnPhone.open("127.0.0.2");
  scene.finally(() => stranger.close());
  stranger.server = carrier.server;
  const before = await refusals(server);
  const call = await stranger.call();
  assert.equal((await call.ended()).status, 403);
  await until("the count in /metrics", async () => (await refusals(server)) === before + 1);
});

story("an offer without a common codec gets 488", async (scene) => {
  const carrier = await scene.carrier();
  const sdp = [
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
    "m=audio 40000 RTP/AVP 18", "a=rtpmap:18 G729/8000", "",
  ].join("\r\n");
  const uri = `sip:+18005551234@${carrier.server.host}:${carrier.server.port}`;
  const reply = await carrier.ask("INVITE", uri, [["Content-Type", "application/sdp"]], sdp);
  assert.equal(reply.status, 488);
});

story("malformed SIP gets 400 or silence, and a live call goes on", async (scene) => {
  const { customer } = await scene.speech;
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call({ says: customer.narrow });
  await desktop.rings();
  await desktop.press("Answer");
  await Promise.all([desktop.talks(), call.answered()]);

  const vandal = await PstnPhone.open();
  scene.finally(() => vandal.close());
  vandal.server = carrier.server;
  for (const bytes of nonsense(call.callId)) vandal.sendRaw(bytes);
  const uri = `sip:+18005551234@${carrier.place}`;
  const bad = await vandal.ask("OPTIONS", uri, [["CSeq", "1 INVITE"]]);
  assert.equal(bad.status, 400, "a CSeq of another method");
  const odd = await vandal.ask("OPTIONS", uri, [["Require", "mind-reading"]]);
  assert.equal(odd.status, 420);
  assert.match(header(odd, "Unsupported") ?? "", /mind-reading/);
  // Garbage instead of sound, at the port where the call's sound goes.
  const media = mediaOf(call.final?.body ?? "");
  assert.ok(media, "the answer says where the sound goes");
  for (const bytes of nonsense("x")) vandal.socket.send(bytes, media.port, media.host);

  const alive = await vandal.ask("OPTIONS", uri);
  assert.equal(alive.status, 200);
  call.rtp.forget();
  await until("sound after the nonsense", async () => (await call.rtp.heard()).packets > 100);
  assert.equal(call.state, "talking");
  assert.equal((await desktop.call()).state, "Established");
  await desktop.press("Release");
  assert.equal((await call.ended()).by, "them");
});

/** @param {import("../lib/server.js").Server} server */
const refusals = (server) =>
  server.metric("cordboard_sip_refused_total", { reason: "unknown_source" });

/** Datagrams that no one should send. @param {string} callId of somebody else's call */
function nonsense(callId) {
  const via = "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK";
  const rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n";
  return [
    Buffer.from(""),
    Buffer.from("\r\n\r\n"),
    Buffer.from([0, 255, 13, 10, 13, 10]),
    Buffer.alloc(65_000, 0x41),
    Buffer.from("INVITE\r\n\r\n"),
    Buffer.from("INVITE sip:x SIP/7.0\r\n\r\n"),
    Buffer.from(`BYE sip:x SIP/2.0\r\n${via}1\r\n${rest}Call-ID: ${callId}\r\nCSeq: 9 BYE\r\n\r\n`),
    Buffer.from(`INVITE sip:x SIP/2.0\r\n${via}2\r\n${rest}Call-ID: z\r\nCSeq: 1 INVITE\r\n` +
      "Content-Length: -7\r\n\r\n"),
    Buffer.from(`INVITE sip:x SIP/2.0\r\n${via}3\r\n${rest}Call-ID: y\r\nCSeq: 1 INVITE\r\n` +
      "Content-Length: 9999\r\n\r\nshort"),
    Buffer.from("SIP/2.0 200 OK\r\nVia: nothing\r\n\r\n"),
    Buffer.from(`\u0000${"<".repeat(3000)} SIP/2.0\r\n\r\n`),
  ];
}
