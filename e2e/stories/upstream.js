// Cordboard in front of a SIP server that is there already: browsers are its phones.

import assert from "node:assert/strict";

import { conversation } from "../lib/conversation.js";
import { Kamailio } from "../lib/kamailio.js";
import { PstnPhone } from "../lib/pstn.js";
import { SipServer } from "../lib/sip-server.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { until } from "../lib/wait.js";

/** The server that is there, and ours in front of it.
 * @param {import("../lib/story.js").Scene} scene */
async function inFront(scene) {
  const sip = await SipServer.open();
  scene.phones.push(sip);
  const configuration = `[upstream]\nsip = "sip:${sip.place}"\n`;
  sip.server = (await scene.server({ configuration, trunk: "127.0.0.1:9" })).sip;
  return sip;
}

story("G1 G3 G5: a call without SDP rings, is answered by NOTIFY talk, held and gone on with",
  async (scene) => {
    const { customer } = await scene.speech;
    const sip = await inFront(scene);
    const desktop = await scene.signedInAgent();
    const call = await sip.callDn("5001", { says: customer.narrow });
    await desktop.rings();
    await call.progress(180);
    const rang = call.at.get(180) ?? Infinity;
    assert.ok(rang <= 500, `180 came after ${rang} ms`);
    const pressed = performance.now();
    const notified = await call.press("talk");
    assert.ok(notified.status === 200 && notified.ms <= 100, JSON.stringify(notified));
    await call.answered();
    const answered = performance.now() - pressed;
    assert.ok(answered <= 400, `200 came ${answered} ms after the button was pressed`);
    await desktop.talks();
    await conversation(scene, desktop, call);

    assert.equal((await call.press("hold")).status, 200);
    const state = async () => (await desktop.call()).state;
    await until("the hold", async () => (await state()) === "Held");
    assert.equal((await call.press("talk")).status, 200);
    await until("the retrieval", async () => (await state()) === "Established");
    call.hangUp();
    await desktop.afterCall.or(desktop.page.getByText("No call").first()).first().waitFor();
  });

story("G7 G9 G12: a DN is registered upstream under our address, and gone with its page",
  async (scene) => {
    const sip = await inFront(scene);
    sip.thinksMs = 1500;
    const desktop = await scene.desktop("agent5001");
    await desktop.signIn();
    await desktop.phone.waitFor();
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.notEqual((await desktop.facts())?.registration, "registered", "not before it says so");
    await desktop.registered();
    const { contact } = sip.registered.get("5001") ?? {};
    assert.equal(contact, `sip:5001@${sip.server.host}:${sip.server.port}`);
    sip.thinksMs = 0;
    await desktop.page.close();
    const gone = () => !sip.registered.has("5001");
    await until("the end of the registration", gone, 30_000);
  });

story("G10: why a DN is out of service is told in words, and the upstream is left in peace",
  async (scene) => {
    const sip = await inFront(scene);
    sip.unknown.add("5001");
    const desktop = await scene.desktop("agent5001");
    await desktop.signIn();
    await desktop.phone.getByText(/not known|not configured/i).first().waitFor();
    const asked = (sip.ladder.match(/<- cordboard {2}REGISTER/g) ?? []).length;
    await new Promise((resolve) => setTimeout(resolve, 9000));
    assert.equal((sip.ladder.match(/<- cordboard {2}REGISTER/g) ?? []).length, asked);
    const server = await scene.server();
    assert.ok((await server.metric("cordboard_sip_refused_total", { reason: "upstream" })) >= 1);
    assert.match(server.output, /refused a REGISTER.*404/);
  });

story("what an agent dials goes to the upstream, to colleagues too, and both hear each other",
  async (scene) => {
    const sip = await inFront(scene);
    sip.manner = { says: await toneFile(TONES.callee, 8000) };
    const agent = await scene.hummingAgent("agent5001", "agent");
    await until("the registration", () => sip.registered.has("5001"));
    await agent.dial("5002");
    const callee = await sip.called("5002");
    await hears(agent, ["callee"]);
    await hears(callee, ["agent"]);
    const from = callee.invitation?.headers.find(([name]) => name === "From")?.[1] ?? "";
    assert.match(from, /sip:5001@/);
    await agent.press("Release");
    assert.equal((await callee.ended()).by, "them");
  });

story("Kamailio as the SIP server that is there: registration with proof, calls both ways",
  async (scene) => {
    const phone = await PstnPhone.open();
    scene.phones.push(phone);
    const kamailio = await Kamailio.start(scene, {
      domain: "site.example", password: "demo", beyond: phone.place,
    });
    phone.server = kamailio.place;
    const upstream = `sip = "sip:127.0.0.1:${kamailio.port}"\ndomain = "site.example"`;
    await scene.server({ configuration: `[upstream]\n${upstream}\n`, trunk: "127.0.0.1:9" });
    const agent = await scene.hummingAgent("agent5001", "agent");
    assert.ok(kamailio.seen("REGISTER") >= 2, "asked, and proved");

    const call = await phone.call({ to: "5001", says: await toneFile(TONES.customer, 8000) });
    await agent.rings();
    await agent.press("Answer");
    await agent.talks();
    await hears(agent, ["customer"]);
    await hears(call, ["agent"]);
    call.hangUp();
    await agent.page.getByText("No call").first().waitFor();
  });
