// Agents whose network lets no media pass: TURN brings it through, by UDP, TCP, or as web traffic.

import assert from "node:assert/strict";

import { conversation } from "../lib/conversation.js";
import { recordRemote } from "../lib/ear.js";
import { Desktop } from "../lib/desktop.js";
import { story } from "../lib/story.js";
import { pause, until } from "../lib/wait.js";
import { loudShare, readWav } from "../lib/wav.js";

/** @typedef {import("../lib/story.js").Scene} Scene */
/** @typedef {import("../lib/pstn-call.js").PstnCall} PstnCall */

/** @typedef {(scene: Scene, desktop: Desktop, call: PstnCall) => Promise<unknown>} Talk */

/** @type {[string, string, Talk][]} */
const WAYS = [
  ["TURN by UDP", "^turn:.*udp$", bothAreHeard],
  ["TURN by TCP", "^turn:.*tcp$", bothAreHeard],
  // The longest way is scored.
  ["TURN within TLS at the web's own port", "^turns:", conversation],
];

for (const [way, urls, talk] of WAYS) {
  story(`an agent who has nothing but ${way} talks, and both hear each other`, async (scene) => {
    const { customer } = await scene.speech;
    const carrier = await scene.carrier();
    const server = await scene.server();
    const desktop = await Desktop.openBehindFirewall(server, "agent5001", urls);
    scene.desktops.push(desktop);
    await desktop.signIn();
    await desktop.registered();
    await desktop.ready();
    const call = await carrier.call({ says: customer.narrow });
    await desktop.rings();
    await desktop.press("Answer");
    await Promise.all([desktop.talks(), call.answered()]);
    await talk(scene, desktop, call);
    const relayed = await server.metric("cordboard_turn_relayed_bytes_total");
    assert.ok(relayed > 50_000, `${relayed} bytes went through the relay`);
    await desktop.press("Release");
    assert.equal((await call.ended()).by, "them");
    const ended = async () => (await server.metric("cordboard_turn_allocations")) === 0;
    await until("the end of the allocations", ended);
  });
}

story("a stranger without credentials is not relayed, and one with them reaches nothing inside",
  async (scene) => {
    const server = await scene.server();
    const desktop = await scene.signedInAgent();
    const { body } = await desktop.rest("GET", "/api/v2/me/settings/phone");
    const [servers] = body.phone.iceServers;
    assert.match(servers.username, /^\d+:agent5001$/);
    const kinds = await desktop.page.evaluate(candidates, [
      { ...servers, credential: "guess" }, servers,
    ]);
    assert.deepEqual(kinds, [[], ["relay"]]);
    assert.equal(await server.metric("cordboard_turn_relayed_bytes_total"), 0);
  });

/** Speech arrives on both sides.
 * @param {Scene} scene @param {Desktop} desktop @param {PstnCall} call */
async function bothAreHeard(scene, desktop, call) {
  const file = scene.file("at-agent.wav");
  await recordRemote(desktop.page, file, 4);
  assert.ok(loudShare(await readWav(file), -40) > 0.2, "the agent hears the customer");
  call.rtp.forget();
  await pause(4000);
  const { samples } = await call.heard(scene.file("at-customer.wav"));
  assert.ok(loudShare({ rate: 8000, samples }, -40) > 0.2, "the customer hears the agent");
}

/** Runs in the page: the kinds of candidates that each set of servers gives.
 * @param {RTCIceServer[]} all */
async function candidates(all) {
  const gathered = all.map(async (servers) => {
    const connection = new RTCPeerConnection({
      iceServers: [servers], iceTransportPolicy: "relay",
    });
    connection.createDataChannel("probe");
    /** @type {Set<string>} */
    const kinds = new Set();
    const done = new Promise((resolve) => {
      connection.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate === null) resolve(null);
        else if (candidate.type !== null) kinds.add(candidate.type);
      });
    });
    await connection.setLocalDescription();
    await done;
    connection.close();
    return [...kinds];
  });
  return Promise.all(gathered);
}
