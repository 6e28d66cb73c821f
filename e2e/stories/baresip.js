// A telephone by other people: it calls in, and it serves an agent.

import assert from "node:assert/strict";

import { Baresip } from "../lib/baresip.js";
import { wholeSeconds } from "../lib/conversation.js";
import { recordRemote } from "../lib/ear.js";
import { outFolder } from "../lib/paths.js";
import { assertHeard } from "../lib/score.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { TClient } from "../lib/tserver.js";
import { pause } from "../lib/wait.js";

story("baresip calls in, and both hear each other", async (scene) => {
  const { agent, customer } = await scene.speech;
  const server = await scene.server();
  const desktop = await scene.readyAgent();
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const target = `sip:+18005551234@${server.at.sip}`;
  const telephone = await Baresip.dial(folder, target, customer.narrow);
  scene.finally(() => telephone.close());

  await desktop.rings();
  await desktop.press("Answer");
  await desktop.talks();
  await telephone.says(/Call established/);
  await recordRemote(desktop.page, scene.file("at-agent.wav"), wholeSeconds(customer));
  await pause(1000 * (QUIET_SECONDS + wholeSeconds(agent)));
  await desktop.press("Release");
  await telephone.says(/session closed|terminated/);
  await telephone.close();

  await assertHeard("the agent hears baresip", customer.narrow, scene.file("at-agent.wav"));
  // Baresip's recording begins with the call; the agent's turn is its end.
  const turn = await telephone.lastSeconds(wholeSeconds(agent));
  await assertHeard("baresip hears the agent", agent.narrow, turn);
});

story("an agent's baresip holds, goes on, and sends the caller elsewhere", async (scene) => {
  const carrier = await scene.carrier();
  const server = await scene.server();
  const client = new TClient(server.at.tserver);
  scene.finally(async () => client.close());
  await client.ask("register_address", { this_dn: "5002" });
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const voice = await toneFile(TONES.other, 8000);
  const phone = await Baresip.phone(folder, "5002", server.at.sip ?? "", voice);
  scene.finally(() => phone.close());

  const customer = await carrier.call({ to: "5002", says: await toneFile(TONES.customer, 8000) });
  const { conn_id } = await client.named("EventRinging", "5002");
  phone.tell("/accept");
  await client.named("EventEstablished", "5002");
  await hears(customer, ["other"]);
  phone.tell("/hold");
  await client.named("EventHeld", "5002");
  await hears(customer, []);
  phone.tell("/resume");
  await client.named("EventRetrieved", "5002");
  await hears(customer, ["other"]);

  carrier.manner = { says: await toneFile(TONES.callee, 8000) };
  phone.tell(`/transfer sip:5559876543@${server.at.sip}`);
  const released = await client.named("EventReleased", "5002");
  assert.equal(released.call_state, "CALL_STATE_TRANSFERRED");
  assert.equal(released.conn_id, conn_id);
  const callee = await carrier.called("5559876543");
  await hears(customer, ["callee"]);
  await hears(callee, ["customer"]);
  callee.hangUp();
  assert.equal((await customer.ended()).by, "them");
});

story("a baresip that takes nothing but SRTP calls in, and both hear each other", async (scene) => {
  const server = await scene.server();
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const voice = await toneFile(TONES.customer, 8000);
  const target = `sip:+18005551234@${server.at.sip}`;
  const telephone = await Baresip.dial(folder, target, voice, ";mediaenc=srtp-mand");
  scene.finally(() => telephone.close());
  await agent.rings();
  await agent.press("Answer");
  await agent.talks();
  await telephone.says(/Call established/);
  await hears(agent, ["customer"]);
  await hears(telephone, ["agent"]);
  await agent.press("Release");
  await telephone.says(/session closed|terminated/);
});

story("an agent's baresip with TLS and SRTP takes calls, both sides hang up", async (scene) => {
  const carrier = await scene.carrier();
  const server = await scene.server();
  await offerSrtp(scene, "5002");
  const client = new TClient(server.at.tserver);
  scene.finally(async () => client.close());
  await client.ask("register_address", { this_dn: "5002" });
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const voice = await toneFile(TONES.other, 8000);
  const phone = await Baresip.phone(folder, "5002", server.at.sips, voice, "tls",
    ";mediaenc=srtp-mand");
  scene.finally(() => phone.close());
  for (const ends of [() => phone.tell("/hangup"), null]) {
    const says = await toneFile(TONES.customer, 8000);
    const customer = await carrier.call({ to: "5002", says });
    await phone.accept();
    await hears(customer, ["other"]);
    await hears(phone, ["customer"]);
    if (ends === null) customer.hangUp();
    else ends();
    await phone.says(/session closed|terminated/);
    if (ends !== null) assert.equal((await customer.ended()).by, "them");
  }
});

/** As the administrator does it, while the site runs.
 * @param {import("../lib/story.js").Scene} scene @param {string} dn */
async function offerSrtp(scene, dn) {
  const admin = await scene.desktop("admin");
  await admin.signIn();
  await admin.page.getByRole("button", { name: /^Account of/ }).waitFor();
  const path = `/api/v2/configuration/dns/${dn}`;
  const { body } = await admin.rest("GET", path);
  const object = { ...body.object, options: { TServer: { srtp: "true" } } };
  const done = await admin.rest("PUT", path, { version: body.version, object });
  assert.equal(done.body.statusCode, 0, JSON.stringify(done.body));
}

/** Until baresip, which has said its text three times, has been quiet for a moment. */
const QUIET_SECONDS = 9;
