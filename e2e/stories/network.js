// What the network between agents and us may do, and what we tell of ourselves in it.

import assert from "node:assert/strict";
import dgram from "node:dgram";

import { PstnPhone } from "../lib/pstn.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

story("G18: STUN and TURN servers that never answer hold up nothing", async (scene) => {
  const hole = dgram.createSocket("udp4");
  await new Promise((resolve) => hole.bind(0, "127.0.0.1", () => resolve(null)));
  let asked = 0;
  hole.on("message", () => {
    asked += 1;
  });
  try {
    const carrier = await PstnPhone.open();
    scene.phones.push(carrier);
    const { port } = hole.address();
    const configuration = `[turn]\nurls = ["turn:127.0.0.1:${port}", "stun:127.0.0.1:${port}"]\n`;
    carrier.server = (await scene.server({ configuration, trunk: carrier.place })).sip;
    const desktop = await scene.readyAgent();
    const call = await carrier.call();
    await desktop.rings();
    const began = performance.now();
    await desktop.press("Answer");
    await call.answered();
    const took = performance.now() - began;
    await desktop.talks();
    assert.ok(took < 1000, `the answer took ${took} ms`);
    await until("a question to the server that is none", () => asked > 0);
    await desktop.press("Release");
  } finally {
    hole.close();
  }
});

story("G16 G17: each description is clean, and names no address but the advertised",
  async (scene) => {
    const carrier = await scene.carrier();
    const desktop = await scene.desktop("agent5001");
    await desktop.page.addInitScript(keepDescriptions);
    await desktop.page.reload();
    await desktop.signIn();
    await desktop.registered();
    await desktop.ready();
    const call = await carrier.call();
    await desktop.rings();
    await desktop.press("Answer");
    await Promise.all([desktop.talks(), call.answered()]);
    await desktop.page.reload();
    await desktop.talks();
    const told = await desktop.page.evaluate(() => /** @type {any} */ (window).descriptions);
    call.hangUp();
    assert.ok(told.length > 0, "the page was told descriptions");
    for (const sdp of [...told, call.final?.body ?? ""]) assertClean(sdp);
    assert.doesNotMatch(call.final?.body ?? "", /a=(crypto|fingerprint|candidate|mid)/);
  });

/** @param {string} sdp */
function assertClean(sdp) {
  const lines = sdp.split("\r\n");
  const values = (/** @type {RegExp} */ name) =>
    lines.flatMap((line) => name.exec(line)?.[1] ?? []);
  const addresses = [
    ...values(/^c=IN IP[46] (\S+)/), ...values(/^a=candidate:\S+ \d+ \S+ \d+ (\S+)/),
  ];
  assert.ok(addresses.length > 0);
  assert.deepEqual([...new Set(addresses)], ["127.0.0.1"], sdp);
  const sections = sdp.split(/^m=/m).slice(1);
  for (const section of sections) {
    assert.ok((section.match(/^a=mid:/gm) ?? []).length <= 1, "one mid for each section");
    assert.ok((section.match(/^a=setup:/gm) ?? []).length <= 1, "one setup");
    assert.ok(!(/a=crypto/.test(section) && /a=fingerprint/.test(sdp)), "DTLS or SDES");
  }
  const [bundle] = values(/^a=group:BUNDLE (.*)/);
  if (bundle !== undefined) {
    assert.deepEqual(bundle.split(" "), values(/^a=mid:(.*)/), "bundled as named");
  }
}

/** Runs in the page. */
function keepDescriptions() {
  /** @type {string[]} */
  const kept = [];
  Object.assign(window, { descriptions: kept });
  const { prototype } = RTCPeerConnection;
  const plain = prototype.setRemoteDescription;
  /** @param {RTCSessionDescriptionInit} description */
  prototype.setRemoteDescription = function keep(description) {
    kept.push(description.sdp ?? "");
    return Reflect.apply(plain, this, [description]);
  };
}
