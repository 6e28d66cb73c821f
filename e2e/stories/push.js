// The genuine CometD client hears of a call, over both transports.

import assert from "node:assert/strict";

import { Subscriber } from "../lib/bayeux.js";
import { RestClient } from "../lib/rest.js";
import { story } from "../lib/story.js";

/** @type {["websocket" | "long-polling", string][]} */
const WAYS = [
  ["websocket", "/notifications"],
  ["long-polling", "/notifications"],
  ["long-polling", "/genesys/cometd"],
  ["websocket", "/api/v2/notifications"],
];

for (const [transport, path] of WAYS) {
  story(`cometd 9 hears of a call by ${transport} on ${path}`, async (scene) => {
    const carrier = await scene.carrier();
    const desktop = await scene.readyAgent();
    const client = await RestClient.like(await scene.server(), desktop.page);
    const channels = ["/v2/me/calls", "/v2/me/devices"];
    const subscriber = await Subscriber.open(client, transport, channels, path);
    scene.finally(() => subscriber.close());

    const call = await carrier.call();
    const ringing = await subscriber.call("Ringing");
    assert.equal(ringing.messageType, "CallStateChangeMessage");
    assert.equal(ringing.phoneNumber, "5001");
    assert.equal(ringing.extensions.NO_ANSWER_TIMEOUT, 15);
    assert.equal(ringing.call.id, ringing.call.callUuid);
    assert.match(ringing.call.callUuid, /^[0-9A-V]{32}$/);
    assert.match(ringing.call.connId, /^[0-9a-f]{16}$/);
    assert.equal(ringing.call.userData.customer_id, "98765");
    const flat = { callId: ringing.callId, state: ringing.state, ani: ringing.ani };
    assert.deepEqual(flat, { callId: ringing.call.id, state: "Ringing", ani: "5551234567" });

    await desktop.rings();
    await desktop.press("Answer");
    const established = await subscriber.call("Established");
    assert.equal(typeof established.call.duration, "string");
    assert.ok(established.call.capabilities.includes("Hangup"));
    await call.answered();
    call.hangUp();
    await subscriber.call("Released");
    assert.deepEqual(subscriber.callStates, ["Ringing", "Established", "Released"]);
    const devices = subscriber.told.filter(({ channel }) => channel === "/v2/me/devices");
    assert.ok(devices.length > 0, "the agent's own state was pushed");
  });
}

story("a push channel can't be read without a session, nor written with one", async (scene) => {
  const server = await scene.server();
  const stranger = new RestClient(server);
  const body = [{ channel: "/meta/handshake", id: "1", version: "1.0",
    supportedConnectionTypes: ["long-polling"] }];
  const refused = await stranger.post("/notifications/handshake", body);
  assert.equal(refused.status, 403);
  assert.equal(refused.body.statusCode, 20);

  await stranger.post("/api/v2/login", { username: "agent5001", password: "demo" });
  await stranger.get("/api/v2/me");
  const shaken = await stranger.post("/notifications/handshake", body);
  assert.equal(shaken.body[0].successful, true, JSON.stringify(shaken.body));
  const { clientId } = shaken.body[0];
  const message = { channel: "/v2/me/calls", id: "2", clientId, data: { forged: true } };
  const published = await stranger.post("/notifications/", [message]);
  assert.equal(published.body[0].successful, false, JSON.stringify(published.body));
});
