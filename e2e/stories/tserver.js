// A program on port 5025 sees a routed call in T-Library's order, and controls it.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { TClient } from "../lib/tserver.js";

story("G22: a T-Server client sees a routed call in order and answers it", async (scene) => {
  const carrier = await scene.carrier();
  const server = await scene.server();
  const desktop = await scene.readyAgent();
  const client = new TClient(server.at.tserver);
  scene.finally(async () => client.close());
  for (const dn of ["5000", "5001"]) {
    const registered = await client.outcome(client.send("register_address", { this_dn: dn }));
    assert.equal(registered.name, "EventRegistered");
  }

  const call = await carrier.call();
  const ringing = await client.named("EventRinging", "5001");
  assert.equal(ringing.number, 60);
  assert.match(ringing.conn_id, /^[0-9a-f]{16}$/);
  assert.match(ringing.call_uuid, /^[0-9A-V]{32}$/);
  assert.equal(ringing.ani, "5551234567");
  assert.equal(ringing.this_queue, "5000");
  assert.equal(ringing.call_type, "CALL_TYPE_INBOUND");
  assert.ok(ringing.user_data.pairs.some((/** @type {any} */ pair) => pair.key === "customer_id"));
  await desktop.rings();

  const { conn_id } = ringing;
  const reference = client.send("answer_call", { this_dn: "5001", conn_id });
  const established = await client.named("EventEstablished", "5001");
  assert.equal(established.reference_id, reference);
  await Promise.all([call.answered(), desktop.talks()]);
  client.send("release_call", { this_dn: "5001", conn_id });
  await client.named("EventReleased", "5001");
  assert.equal((await call.ended()).by, "them");
  const wrapUp = await client.event("of after-call work", (event) => {
    return event.name === "EventAgentNotReady" && event.this_dn === "5001";
  });
  assert.equal(wrapUp.agent_work_mode, "AGENT_WORK_MODE_AFTER_CALL_WORK");

  const ofCall = client.events.filter((event) => event.conn_id === conn_id);
  const names = ofCall.map((event) => `${event.this_dn}:${event.name}`);
  const order = [
    "5000:EventQueued", "5000:EventRouteRequest", "5000:EventRouteUsed", "5001:EventRinging",
    "5000:EventDiverted", "5001:EventEstablished", "5001:EventReleased",
  ];
  const seen = names.filter((name) => order.includes(name));
  const swapped = order.with(3, "5000:EventDiverted").with(4, "5001:EventRinging");
  assert.ok([order, swapped].some((one) => one.join() === seen.join()), names.join(", "));
  const times = client.events.map((event) => event.event_sequence_number).filter(Boolean);
  assert.deepEqual(times, times.toSorted((a, b) => a - b), "sequence numbers only grow");
});

story("a caller who gives up is EventAbandoned at the route point", async (scene) => {
  const carrier = await scene.carrier();
  const client = new TClient((await scene.server()).at.tserver);
  scene.finally(async () => client.close());
  await client.outcome(client.send("register_address", { this_dn: "5000" }));
  const call = await carrier.call();
  await client.named("EventRouteRequest", "5000");
  await call.progress(183);
  call.cancel();
  const abandoned = await client.named("EventAbandoned", "5000");
  const queued = await client.named("EventQueued", "5000");
  assert.equal(abandoned.conn_id, queued.conn_id);
});

story("requests that can't be met are EventError with a number and plain words", async (scene) => {
  const client = new TClient((await scene.server()).at.tserver);
  scene.finally(async () => client.close());
  await client.outcome(client.send("register_address", { this_dn: "5001" }));
  const conn_id = "006c03a7194aa020";
  const gone = await client.outcome(client.send("answer_call", { this_dn: "5001", conn_id }));
  assert.equal(gone.name, "EventError");
  assert.ok(gone.error_code > 0 && gone.error_message.length > 10, JSON.stringify(gone));
  const other = { number: "REQUEST_RESERVE_AGENT", this_dn: "5001", conn_id };
  const later = await client.outcome(client.send("other", other));
  assert.equal(later.name, "EventError");
  assert.match(later.error_message, /not supported/i);
  const stranger = await client.outcome(client.send("register_address", { this_dn: "7777" }));
  assert.equal(stranger.name, "EventError");
  const login = { this_dn: "5002", agent_id: "5002" };
  const early = await client.outcome(client.send("agent_login", login));
  assert.equal(early.name, "EventError", "a DN has to be registered first");
});
