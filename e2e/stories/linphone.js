// linphone, a telephone by other people with a SIP stack of its own: it calls in, and it serves
// an agent.

import assert from "node:assert/strict";

import { Baresip } from "../lib/baresip.js";
import { Linphone } from "../lib/linphone.js";
import { outFolder } from "../lib/paths.js";
import { atWork, program } from "../lib/program.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile, tonesIn } from "../lib/tones.js";
import { until } from "../lib/wait.js";
import { level } from "../lib/wav.js";

/** @typedef {import("../lib/story.js").Scene} Scene */

/** @param {Scene} scene */
const folder = (scene) => outFolder("stories", scene.slug, `run-${process.pid}`);

/** The linphone of DN 5002, which hums. @param {Scene} scene */
async function agentsPhone(scene) {
  const place = (await scene.server()).at.sip;
  const voice = await toneFile(TONES.agent, 8000);
  const phone = await Linphone.phone(folder(scene), "5002", place, voice);
  scene.finally(() => phone.close());
  return phone;
}

/** The baresip of DN 5003, which hums another tone. @param {Scene} scene */
async function othersPhone(scene) {
  const place = (await scene.server()).at.sip;
  const voice = await toneFile(TONES.other, 8000);
  const phone = await Baresip.phone(folder(scene), "5003", place, voice);
  scene.finally(() => phone.close());
  return phone;
}

/** A customer who hums talks with the agent at linphone. @param {Scene} scene */
async function talk(scene) {
  const carrier = await scene.carrier();
  const phone = await agentsPhone(scene);
  const client = await program(scene, ["5002", "5003"]);
  const customer = await carrier.call({ to: "5002", says: await toneFile(TONES.customer, 8000) });
  const { conn_id } = await client.named("EventRinging", "5002");
  phone.tell("answer");
  await client.named("EventEstablished", "5002");
  await hears(customer, ["agent"]);
  await hears(phone, ["customer"]);
  return { carrier, phone, client, customer, conn_id };
}

story("an agent's linphone takes a call, holds, goes on and hangs up", async (scene) => {
  const { phone, client, customer, conn_id } = await talk(scene);
  phone.tell("pause");
  const held = await client.named("EventHeld", "5002");
  assert.equal(held.conn_id, conn_id);
  await hears(customer, []);
  assert.ok(level((await customer.rtp.heard()).samples) > -50, "there is music on hold");
  phone.tell("resume");
  await client.named("EventRetrieved", "5002");
  await hears(customer, ["agent"]);
  await hears(phone, ["customer"]);
  phone.tell("terminate");
  await client.named("EventReleased", "5002");
  assert.equal((await customer.ended()).by, "them");
});

story("a customer's linphone waits for an agent, talks, and is hung up on", async (scene) => {
  const other = await othersPhone(scene);
  const client = await program(scene, ["5000", "5003"]);
  const customer = await Linphone.caller(folder(scene), await toneFile(TONES.customer, 8000));
  scene.finally(() => customer.close());
  customer.tell(`call sip:5000@${(await scene.server()).at.sip}`);
  const { conn_id } = await client.named("EventQueued", "5000");
  await customer.logs(/LinphoneCallOutgoingEarlyMedia/);
  await atWork(client, "5003");
  const ringing = await client.named("EventRinging", "5003");
  assert.equal(ringing.conn_id, conn_id);
  await other.accept();
  await client.named("EventEstablished", "5003");
  await hears(customer, ["other"]);
  await hears(other, ["customer"]);
  await client.ask("release_call", { this_dn: "5003", conn_id });
  await customer.says(/Call \d+ with .* ended/);
});

story("an agent's linphone sends its customer to another agent", async (scene) => {
  const { phone, client, customer, conn_id } = await talk(scene);
  const other = await othersPhone(scene);
  phone.tell(`transfer sip:5003@${(await scene.server()).at.sip}`);
  const released = await client.named("EventReleased", "5002");
  assert.equal(released.call_state, "CALL_STATE_TRANSFERRED");
  const ringing = await client.named("EventRinging", "5003");
  assert.equal(ringing.conn_id, conn_id, "it is still the customer's call");
  await other.accept();
  await client.named("EventEstablished", "5003");
  await hears(customer, ["other"]);
  await hears(other, ["customer"]);
  await phone.logs(/Transfer state .* to \[LinphoneCallConnected\]/);
  customer.hangUp();
  await client.named("EventReleased", "5003");
});

story("a linphone that sends its customer to nobody is told so and keeps him", async (scene) => {
  const { phone, client, customer } = await talk(scene);
  phone.tell(`transfer sip:nobody@${(await scene.server()).at.sip}`);
  await phone.logs(/Transfer state .* to \[LinphoneCallError\]/);
  await hears(customer, ["agent"]);
  await hears(phone, ["customer"]);
  assert.ok(!client.events.some((event) => event.name === "EventReleased"));
  customer.hangUp();
  await client.named("EventReleased", "5002");
});

story("a customer whom linphone sent to a busy number rings there again", async (scene) => {
  const { carrier, phone, client, customer, conn_id } = await talk(scene);
  carrier.manner = { status: 486, reason: "Busy Here" };
  phone.tell(`transfer sip:5559876543@${(await scene.server()).at.sip}`);
  await client.named("EventReleased", "5002");
  const again = await client.event("of the customer's return", (event) => {
    const rings = client.events.filter((one) => one.name === "EventRinging");
    return event === rings[1];
  });
  assert.equal(again.conn_id, conn_id);
  await phone.says(/incoming call .* id 2/);
  phone.tell("answer");
  await hears(customer, ["agent"]);
  await hears(phone, ["customer"]);
  customer.hangUp();
});

story("an agent with linphone asks a colleague by a program and hands over", async (scene) => {
  const { phone, client, customer, conn_id: held } = await talk(scene);
  const other = await othersPhone(scene);
  await client.ask("initiate_transfer", { this_dn: "5002", conn_id: held, other_dn: "5003" });
  const { conn_id } = await client.named("EventRinging", "5003");
  await other.accept();
  await client.named("EventEstablished", "5003");
  await hears(phone, ["other"]);
  await hears(other, ["agent"]);
  await hears(customer, []);
  await client.ask("complete_transfer", { this_dn: "5002", held_conn_id: held, conn_id });
  await hears(customer, ["other"]);
  await hears(other, ["customer"]);
  await phone.says(/Call \d+ with .* ended/);
  customer.hangUp();
  await client.named("EventReleased", "5003");
});

story("an agent at linphone hears it ring at whom a program dials, then talks", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { says: await toneFile(TONES.callee, 8000), ringMs: 4000 };
  const phone = await agentsPhone(scene);
  const client = await program(scene, ["5002"]);
  const asked = client.send("make_call", { this_dn: "5002", other_dn: "5559876543" });
  await phone.logs(/LinphoneCallIncomingReceived/);
  assert.equal(carrier.calls.length, 0, "the agent's phone first");
  phone.tell("answer");
  assert.equal((await client.outcome(asked)).name, "EventDialing");
  const callee = await carrier.called("5559876543");
  await until("ring-back at the agent", async () => {
    const { samples } = await phone.listen(600);
    return samples.length > 0 && level(samples) > -40 && tonesIn(samples, 8000).length === 0;
  }, 4000);
  assert.equal(callee.state, "calling", "nobody has answered yet");
  await client.named("EventEstablished", "5002");
  await hears(phone, ["callee"]);
  await hears(callee, ["agent"]);
  callee.hangUp();
  await client.named("EventReleased", "5002");
});

story("a declined make-call is an error, and nobody is called", async (scene) => {
  const carrier = await scene.carrier();
  const phone = await agentsPhone(scene);
  const client = await program(scene, ["5002"]);
  const asked = client.send("make_call", { this_dn: "5002", other_dn: "5559876543" });
  await phone.logs(/LinphoneCallIncomingReceived/);
  phone.tell("terminate");
  const refused = await client.outcome(asked);
  assert.equal(refused.name, "EventError");
  assert.match(refused.error_message, /refused the call/);
  assert.equal(carrier.calls.length, 0);
});

story("an agent's linphone dials an outside number and a colleague by itself", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { says: await toneFile(TONES.callee, 8000), early: true, ringMs: 3000 };
  const phone = await agentsPhone(scene);
  const other = await othersPhone(scene);
  const place = (await scene.server()).at.sip;
  const client = await program(scene, ["5002", "5003"]);
  phone.tell(`call sip:5559876543@${place}`);
  const dialing = await client.named("EventDialing", "5002");
  assert.equal(dialing.call_type, "CALL_TYPE_OUTBOUND");
  const callee = await carrier.called("5559876543");
  await hears(phone, ["callee"]);
  assert.equal(callee.state, "calling", "that was before the answer");
  await client.named("EventEstablished", "5002");
  await hears(callee, ["agent"]);
  callee.hangUp();
  await client.named("EventReleased", "5002");
  await phone.says(/Call \d+ with .* ended/);

  phone.tell(`call sip:5003@${place}`);
  const ringing = await client.named("EventRinging", "5003");
  assert.equal(ringing.call_type, "CALL_TYPE_INTERNAL");
  await other.accept();
  await client.named("EventEstablished", "5003");
  await hears(phone, ["other"]);
  await hears(other, ["agent"]);
  phone.tell("terminate");
  await client.named("EventReleased", "5003");
});
