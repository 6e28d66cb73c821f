// SIP.js, a browser phone by other people: it serves an agent in place of our own.

import assert from "node:assert/strict";

import { Baresip } from "../lib/baresip.js";
import { outFolder } from "../lib/paths.js";
import { program } from "../lib/program.js";
import { SipJsPhone } from "../lib/sipjs.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { until } from "../lib/wait.js";

/** @typedef {import("../lib/story.js").Scene} Scene */

/** The SIP.js of DN 5002, which hums. @param {Scene} scene */
async function agentsPhone(scene) {
  const voice = await toneFile(TONES.agent, 48_000);
  const phone = await SipJsPhone.open(await scene.server(), "5002", voice);
  scene.finally(() => phone.close());
  return phone;
}

/** A customer who hums rings at the agent's SIP.js. @param {Scene} scene */
async function ringing(scene) {
  const carrier = await scene.carrier();
  const phone = await agentsPhone(scene);
  const client = await program(scene, ["5002", "5003"]);
  const customer = await carrier.call({ to: "5002", says: await toneFile(TONES.customer, 8000) });
  await phone.notes("ringing");
  const { conn_id } = await client.named("EventRinging", "5002");
  return { carrier, phone, client, customer, conn_id };
}

/** They talk. @param {Scene} scene */
async function talk(scene) {
  const all = await ringing(scene);
  await all.phone.press("answer");
  await all.phone.notes("up");
  await all.client.named("EventEstablished", "5002");
  await hears(all.customer, ["agent"]);
  await hears(all.phone, ["customer"]);
  return all;
}

story("an agent's SIP.js takes a call, holds, goes on and hangs up", async (scene) => {
  const { phone, client, customer, conn_id } = await talk(scene);
  await phone.press("hold");
  const held = await client.named("EventHeld", "5002");
  assert.equal(held.conn_id, conn_id);
  await phone.notes("held");
  await hears(customer, []);
  await phone.press("unhold");
  await client.named("EventRetrieved", "5002");
  await phone.notes("retrieved");
  await hears(customer, ["agent"]);
  await hears(phone, ["customer"]);
  await phone.press("hangup");
  await client.named("EventReleased", "5002");
  assert.equal((await customer.ended()).by, "them");
});

story("keys pressed at SIP.js reach the customer, by INFO and among the voice", async (scene) => {
  const { phone, customer } = await talk(scene);
  let keys = "";
  for (const key of ["1", "9", "#"]) {
    await phone.press("sendDTMF", key);
    keys += key;
    await until(`the key ${key}`, async () => (await customer.rtp.heard()).keys.endsWith(keys));
  }
  for (const key of ["2", "*", "8"]) {
    await phone.pressInBand(key);
    keys += key;
    await until(`the key ${key}`, async () => (await customer.rtp.heard()).keys.endsWith(keys));
  }
  assert.equal((await customer.rtp.heard()).keys, keys, "each once");
  customer.hangUp();
  await phone.notes("over");
});

story("SIP.js, which takes no word of its buttons, is answered by hand", async (scene) => {
  const { phone, client, customer, conn_id } = await ringing(scene);
  const asked = client.send("answer_call", { this_dn: "5002", conn_id });
  const refused = await client.outcome(asked);
  assert.equal(refused.name, "EventError");
  assert.match(refused.error_message, /did not answer/);
  await phone.press("answer");
  await client.named("EventEstablished", "5002");
  await hears(phone, ["customer"]);
  customer.hangUp();
  await client.named("EventReleased", "5002");
});

story("a program dials for an agent at SIP.js, whose phone is rung first", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { says: await toneFile(TONES.callee, 8000), ringMs: 1500 };
  const phone = await agentsPhone(scene);
  const client = await program(scene, ["5002"]);
  const asked = client.send("make_call", { this_dn: "5002", other_dn: "5559876543" });
  await phone.notes("ringing");
  assert.equal(carrier.calls.length, 0, "nobody is called before the agent's phone is up");
  await phone.press("answer");
  const dialing = await client.outcome(asked);
  assert.equal(dialing.name, "EventDialing");
  const callee = await carrier.called("5559876543");
  await client.named("EventEstablished", "5002");
  await hears(phone, ["callee"]);
  await hears(callee, ["agent"]);
  callee.hangUp();
  await phone.notes("over");
});

story("an agent's SIP.js sends its customer to another agent", async (scene) => {
  const { phone, client, customer, conn_id } = await talk(scene);
  const place = (await scene.server()).at.sip;
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const other = await Baresip.phone(folder, "5003", place, await toneFile(TONES.other, 8000));
  scene.finally(() => other.close());
  await phone.press("transfer", `sip:5003@${place}`);
  const released = await client.named("EventReleased", "5002");
  assert.equal(released.call_state, "CALL_STATE_TRANSFERRED");
  const ringing = await client.named("EventRinging", "5003");
  assert.equal(ringing.conn_id, conn_id);
  await other.accept();
  await client.named("EventEstablished", "5003");
  await phone.notes("over");
  await hears(customer, ["other"]);
  await hears(other, ["customer"]);
  customer.hangUp();
  await client.named("EventReleased", "5003");
});

story("an agent's SIP.js dials an outside number and talks", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { says: await toneFile(TONES.callee, 8000), early: true, ringMs: 3000 };
  const phone = await agentsPhone(scene);
  const client = await program(scene, ["5002"]);
  await phone.dial(`sip:5559876543@${(await scene.server()).at.http}`);
  const callee = await carrier.called("5559876543");
  await client.named("EventNetworkReached", "5002");
  await client.named("EventEstablished", "5002");
  await phone.notes("up");
  await hears(phone, ["callee"]);
  await hears(callee, ["agent"]);
  await phone.press("hangup");
  assert.equal((await callee.ended()).by, "them");
  await client.named("EventReleased", "5002");
});

story("G16: twenty holds at SIP.js leave the sound as it was", async (scene) => {
  const { phone, client, customer } = await talk(scene);
  const times = (/** @type {string} */ name) =>
    client.events.filter((event) => event.name === name).length;
  for (let turn = 1; turn <= 20; turn += 1) {
    await phone.press("hold");
    await phone.notes("held");
    await phone.press("unhold");
    await phone.notes("retrieved");
  }
  await until("every hold's end", () => times("EventRetrieved") === 20);
  assert.equal(times("EventHeld"), 20);
  await hears(customer, ["agent"]);
  await hears(phone, ["customer"]);
  customer.hangUp();
  await phone.notes("over");
});

story("a telephone's lamps show whether a colleague is there, is called and talks",
  async (scene) => {
    const carrier = await scene.carrier();
    const voice = await toneFile(TONES.other, 48_000);
    const [lamp, presence] = await Promise.all(["5002", "5003"].map(async (dn) => {
      const phone = await SipJsPhone.open(await scene.server(), dn, voice);
      scene.finally(() => phone.close());
      return phone;
    }));
    assert.ok(lamp && presence);
    await lamp.watch("5001", "dialog");
    await presence.watch("5001", "presence");
    await presence.sees(/<basic>closed<.*Offline/s);
    const agent = await scene.readyAgent();
    await presence.sees(/<basic>open<.*Available/s);
    await lamp.sees(/dialog-info(?!.*<dialog )/s);

    const call = await carrier.call();
    await agent.rings();
    await lamp.sees(/<state>early</);
    await agent.press("Answer");
    await agent.talks();
    await lamp.sees(/<state>confirmed</);
    await presence.sees(/On the phone/);
    call.hangUp();
    await lamp.sees(/dialog-info(?!.*<dialog )/s);
    await presence.sees(/Available/);
    await agent.page.close();
    await presence.sees(/Offline/);
  });
