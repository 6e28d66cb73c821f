// Everything a T-Server does with a call, asked for by a program, and heard by tone: who hears
// whom.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { TClient } from "../lib/tserver.js";
import { until } from "../lib/wait.js";

/** @typedef {import("../lib/story.js").Scene} Scene */

/** A program that watches and asks for these DNs. @param {Scene} scene @param {string[]} dns */
async function program(scene, dns) {
  const client = new TClient((await scene.server()).at.tserver);
  scene.finally(async () => client.close());
  for (const this_dn of dns) await client.ask("register_address", { this_dn });
  return client;
}

/** A customer who hums talks with agent 5001, who hums too. @param {Scene} scene */
async function talk(scene) {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "agent");
  const client = await program(scene, ["5001", "5002", "5003"]);
  await client.ask("agent_ready", { this_dn: "5001" });
  const customer = await carrier.call({ says: await toneFile(TONES.customer, 8000) });
  const { conn_id } = await client.named("EventRinging", "5001");
  await client.ask("answer_call", { this_dn: "5001", conn_id });
  await Promise.all([customer.answered(), agent.talks()]);
  return { carrier, agent, client, customer, conn_id };
}

story("an outside number is dialled, heard before it answers, and talked to", async (scene) => {
  const carrier = await scene.carrier();
  const says = await toneFile(TONES.callee, 8000);
  carrier.manner = { says, early: true, ringMs: 4000 };
  const agent = await scene.hummingAgent("agent5001", "agent");
  const client = await program(scene, ["5001"]);

  const dialing = await client.ask("make_call", { this_dn: "5001", other_dn: "5559876543" });
  assert.equal(dialing.name, "EventDialing");
  assert.equal(dialing.call_type, "CALL_TYPE_OUTBOUND");
  const callee = await carrier.called("5559876543");
  await client.named("EventNetworkReached", "5001");
  await hears(agent, ["callee"]);
  await client.named("EventEstablished", "5001");
  await hears(callee, ["agent"]);
  const { conn_id } = dialing;
  await client.ask("release_call", { this_dn: "5001", conn_id });
  assert.equal((await callee.ended()).by, "them");
});

story("a busy number is EventDestinationBusy with the reason", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { status: 486, reason: "Busy Here" };
  await scene.signedInAgent("agent5001");
  const client = await program(scene, ["5001"]);
  const { conn_id } = await client.ask("make_call", { this_dn: "5001", other_dn: "5559876543" });
  const busy = await client.named("EventDestinationBusy", "5001");
  assert.equal(busy.call_state, "CALL_STATE_BUSY");
  await client.ask("release_call", { this_dn: "5001", conn_id });
});

story("a held customer hears music, and the agent again when retrieved", async (scene) => {
  const { agent, client, customer, conn_id } = await talk(scene);
  await hears(agent, ["customer"]);
  await hears(customer, ["agent"]);
  await client.ask("hold_call", { this_dn: "5001", conn_id });
  await hears(customer, []);
  await hears(agent, []);
  await client.ask("retrieve_call", { this_dn: "5001", conn_id });
  await hears(customer, ["agent"]);
  customer.hangUp();
  await client.named("EventReleased", "5001");
});

story("a customer is transferred after a word with the other agent", async (scene) => {
  const { agent, client, customer, conn_id: held } = await talk(scene);
  const other = await scene.hummingAgent("agent5002", "other");
  const wanted = { this_dn: "5001", conn_id: held, other_dn: "5002" };
  await client.ask("initiate_transfer", wanted);
  const { conn_id } = await client.named("EventRinging", "5002");
  await client.ask("answer_call", { this_dn: "5002", conn_id });
  await hears(agent, ["other"]);
  await hears(other, ["agent"]);
  await hears(customer, []);

  await client.ask("complete_transfer", { this_dn: "5001", held_conn_id: held, conn_id });
  await hears(customer, ["other"]);
  await hears(other, ["customer"]);
  const changed = await client.named("EventPartyChanged", "5002");
  assert.equal(changed.conn_id, held);
  assert.equal(changed.previous_conn_id, conn_id);
  customer.hangUp();
  await client.named("EventReleased", "5002");
});

story("a customer is sent to an outside number without a word", async (scene) => {
  const { carrier, client, customer, conn_id } = await talk(scene);
  carrier.manner = { says: await toneFile(TONES.callee, 8000) };
  const wanted = { this_dn: "5001", conn_id, other_dn: "5559876543" };
  await client.ask("single_step_transfer", wanted);
  const callee = await carrier.called("5559876543");
  await hears(customer, ["callee"]);
  await hears(callee, ["customer"]);
  customer.hangUp();
  assert.equal((await callee.ended()).by, "them");
});

story("a transfer that nobody takes brings the customer back", async (scene) => {
  const { carrier, agent, client, customer, conn_id } = await talk(scene);
  carrier.manner = { status: 486 };
  const wanted = { this_dn: "5001", conn_id, other_dn: "5559876543" };
  await client.ask("single_step_transfer", wanted);
  const again = await client.event("of the customer's return", (event) => {
    return event.name === "EventRinging" && event.this_dn === "5001" && event.conn_id === conn_id
      && client.events.filter((one) => one.name === "EventRinging").length > 1;
  });
  await until("the phone's ringing", async () => (await agent.facts())?.callPhase === "ringing");
  await client.ask("answer_call", { this_dn: "5001", conn_id: again.conn_id });
  await hears(customer, ["agent"]);
  customer.hangUp();
});

story("three people confer, one is removed, and a supervisor coaches", async (scene) => {
  const { agent, client, customer, conn_id: held } = await talk(scene);
  const other = await scene.hummingAgent("agent5002", "other");
  await client.ask("initiate_conference", { this_dn: "5001", conn_id: held, other_dn: "5002" });
  const { conn_id } = await client.named("EventRinging", "5002");
  await client.ask("answer_call", { this_dn: "5002", conn_id });
  await client.named("EventEstablished", "5002");
  await client.ask("complete_conference", { this_dn: "5001", held_conn_id: held, conn_id });
  await hears(customer, ["agent", "other"]);
  await hears(agent, ["customer", "other"]);
  await hears(other, ["agent", "customer"]);

  await client.ask("delete_from_conference", { this_dn: "5001", conn_id: held, other_dn: "5002" });
  await client.named("EventPartyDeleted", "5001");
  await hears(customer, ["agent"]);

  const supervisor = await scene.hummingAgent("agent5003", "supervisor");
  const mode = { monitor_mode: "MONITOR_MODE_COACH" };
  await client.ask("monitor_next_call", { this_dn: "5003", other_dn: "5001", ...mode });
  await client.named("EventEstablished", "5003");
  await hears(agent, ["customer", "supervisor"]);
  await hears(customer, ["agent"]);
  await hears(supervisor, ["agent", "customer"]);
  await client.ask("set_mute_on", { this_dn: "5003", conn_id: held });
  await hears(agent, ["customer"]);
  await client.ask("set_mute_off", { this_dn: "5003", conn_id: held });
  await hears(customer, ["agent", "supervisor"]);
  customer.hangUp();
  await client.named("EventReleased", "5003");
});
