// Phones that take words of their buttons by NOTIFY (`sip-cti-control`), played by SIPp: they
// answer at a word, or take the word and do nothing.

import assert from "node:assert/strict";

import { Subscriber } from "../lib/bayeux.js";
import { program } from "../lib/program.js";
import { RestClient } from "../lib/rest.js";
import { SippPhone } from "../lib/sipp-phone.js";
import { carrierOfChanged, withCtiControl } from "../lib/site.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { until } from "../lib/wait.js";

/** @typedef {import("../lib/story.js").Scene} Scene */

/** SIPp at DN 5002. @param {Scene} scene
 * @param {Parameters<typeof SippPhone.open>[2]} scenario */
async function phoneAt5002(scene, scenario) {
  const carrier = await carrierOfChanged(scene, withCtiControl("5002"));
  const phone = await SippPhone.open(await scene.server(), "5002", scenario);
  scene.finally(() => phone.close());
  return { carrier, phone };
}

/** @param {import("../lib/pstn.js").PstnPhone} carrier */
const customerOf = async (carrier) =>
  carrier.call({ to: "5002", says: await toneFile(TONES.customer, 8000) });

story("a phone answers, holds and goes on at a program's word", async (scene) => {
  const { carrier, phone } = await phoneAt5002(scene, "talk-hold");
  const client = await program(scene, ["5002"]);
  const customer = await customerOf(carrier);
  const { conn_id } = await client.named("EventRinging", "5002");
  const wanted = { this_dn: "5002", conn_id };
  const answered = await client.ask("answer_call", wanted);
  assert.equal(answered.name, "EventEstablished");
  // The phone sends back what it hears.
  await hears(customer, ["customer"]);
  assert.equal((await client.ask("hold_call", wanted)).name, "EventHeld");
  await hears(customer, []);
  assert.equal((await client.ask("retrieve_call", wanted)).name, "EventRetrieved");
  await hears(customer, ["customer"]);
  assert.equal((await client.ask("release_call", wanted)).name, "EventReleased");
  await phone.done();
});

story("a phone that ignores the word is an error in 5 s, then answered by hand", async (scene) => {
  const { carrier, phone } = await phoneAt5002(scene, "deaf");
  const client = await program(scene, ["5002"]);
  const customer = await customerOf(carrier);
  const { conn_id } = await client.named("EventRinging", "5002");
  const asked = Date.now();
  const refused = await client.outcome(client.send("answer_call", { this_dn: "5002", conn_id }));
  assert.equal(refused.name, "EventError");
  assert.match(refused.error_message, /did not answer/);
  assert.ok(Date.now() - asked < ERROR_MS_MAX, `after ${Date.now() - asked} ms`);
  assert.equal(customer.state, "calling", "it rings on");

  const established = await client.named("EventEstablished", "5002");
  assert.equal(established.conn_id, conn_id);
  assert.ok(!established.reference_id, "no request did that");
  await hears(customer, ["customer"]);
  customer.hangUp();
  await client.named("EventReleased", "5002");
  await phone.done();
});

story("the desktop's answer that a phone ignores is an ErrorMessage in 5 s", async (scene) => {
  const { carrier, phone } = await phoneAt5002(scene, "deaf");
  const agent = new RestClient(await scene.server());
  await agent.post("/api/v2/login", { username: "agent5002", password: "demo" });
  await agent.get("/api/v2/me");
  const channels = ["/v2/me/calls", "/v2/me/devices"];
  const pushes = await Subscriber.open(agent, "websocket", channels);
  scene.finally(() => pushes.close());
  const session = { operationName: "StartContactCenterSession", channels: ["voice"] };
  assert.equal((await agent.post("/api/v2/me", session)).body.statusCode, 0);
  const ready = await agent.post("/api/v2/me/channels/voice", { operationName: "Ready" });
  assert.equal(ready.body.statusCode, 0);

  const customer = await customerOf(carrier);
  const { call } = await pushes.call("Ringing");
  const asked = Date.now();
  const answer = await agent.post(`/api/v2/me/calls/${call.id}`, { operationName: "Answer" });
  assert.equal(answer.body.statusCode, 0, "it was passed on");
  const error = await until("an ErrorMessage", () => {
    const found = pushes.told.find(({ data }) => data.messageType === "ErrorMessage");
    return found?.data;
  });
  assert.ok(Date.now() - asked < ERROR_MS_MAX, `after ${Date.now() - asked} ms`);
  assert.match(error.errorMessage, /phone of 5002 did not answer/);
  await pushes.call("Established");
  await hears(customer, ["customer"]);
  const hangUp = await agent.post(`/api/v2/me/calls/${call.id}`, { operationName: "Hangup" });
  assert.equal(hangUp.body.statusCode, 0);
  assert.equal((await customer.ended()).by, "them");
  await phone.done();
});

story("make-call rings the agent's phone, tells it to answer, then calls out", async (scene) => {
  const { carrier, phone } = await phoneAt5002(scene, "talk");
  carrier.manner = { says: await toneFile(TONES.callee, 8000), ringMs: 1000 };
  const client = await program(scene, ["5002"]);
  const wanted = { this_dn: "5002", other_dn: "5559876543" };
  const dialing = await client.ask("make_call", wanted);
  assert.equal(dialing.name, "EventDialing");
  const callee = await carrier.called("5559876543");
  await client.named("EventNetworkReached", "5002");
  await client.named("EventEstablished", "5002");
  await hears(callee, ["callee"]);
  const { conn_id } = dialing;
  await client.ask("release_call", { this_dn: "5002", conn_id });
  assert.equal((await callee.ended()).by, "them");
  await phone.done();

  const trace = await phone.trace();
  assert.deepEqual(trace.map(({ isOurs, text }) => `${isOurs ? "->" : "<-"} ${first(text)}`), [
    "<- INVITE with SDP", "-> 180", "<- NOTIFY", "-> 200", "-> 200 with SDP", "<- ACK",
    "<- BYE", "-> 200",
  ]);
  const called = carrier.ladder.split("\n").find((line) => line.includes("<- cordboard  INVITE"));
  assert.match(called ?? "", /with SDP$/);
  // SIPp notes what it received before it does anything else.
  const waitedMs = carrier.started + Number.parseInt(called ?? "", 10) - (trace[0]?.atMs ?? 0);
  assert.ok(waitedMs >= PICKS_UP_MS - CLOCK_MS, `nobody is called before: ${waitedMs} ms`);
});

/** What a message is. @param {string} text */
function first(text) {
  const [, status, method] = /^(?:SIP\/2\.0 (\d+)|(\w+))/.exec(text) ?? [];
  return `${status ?? method}${/^m=audio/m.test(text) ? " with SDP" : ""}`;
}

/** The phone's pause before its 200 in talk.xml, and how inexactly either side notes the time. */
const PICKS_UP_MS = 500;
const CLOCK_MS = 20;
/** 5 s, and a busy machine's delay. */
const ERROR_MS_MAX = 5_600;
