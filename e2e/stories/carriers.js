// Trunks as carriers have them: a name instead of an address, a subscription with a password, and
// another trunk when one does not take the call. Kamailio is the carrier.

import assert from "node:assert/strict";
import dgram from "node:dgram";

import { Kamailio, dns } from "../lib/kamailio.js";
import { PstnPhone } from "../lib/pstn.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { until } from "../lib/wait.js";

/** @typedef {import("../lib/story.js").Scene} Scene */
/** @typedef {import("../lib/desktop.js").Desktop} Desktop */

const DOMAIN = "carrier.example";

/** A carrier, and the telephone beyond it that everybody outside has.
 * @param {Scene} scene */
async function carrier(scene) {
  const phone = await PstnPhone.open();
  scene.phones.push(phone);
  const account = "4930123";
  const kamailio = await Kamailio.start(scene, {
    domain: DOMAIN, password: "word", beyond: phone.place, account,
  });
  phone.server = kamailio.place;
  return { phone, kamailio, account };
}

/** @param {Scene} scene */
async function administrator(scene) {
  const admin = await scene.desktop("admin");
  await admin.signIn();
  await admin.page.getByRole("button", { name: /^Account of/ }).waitFor();
  return admin;
}

/** @param {Desktop} admin @param {string} path @param {object} object */
async function put(admin, path, object) {
  const { body } = await admin.rest("GET", "/api/v2/configuration");
  const change = { version: body.version, object };
  const done = await admin.rest("PUT", `/api/v2/configuration/${path}`, change);
  assert.equal(done.body.statusCode, 0, JSON.stringify(done.body));
  return done.body;
}

/** Until a trunk is said to be there. @param {Scene} scene */
async function registered(scene) {
  const server = await scene.server();
  const count = () => server.metric("cordboard_sip_trunks_registered");
  await until("the registration", async () => (await count()) === 1, 20_000);
}

story("a trunk registers at its carrier, proves itself, and calls go both ways", async (scene) => {
  const { phone, kamailio, account } = await carrier(scene);
  // The favourite of the DNS says nothing.
  const silent = dgram.createSocket("udp4");
  await new Promise((resolve) => silent.bind(0, "127.0.0.1", () => resolve(null)));
  scene.finally(async () => void silent.close());
  const server = await dns(scene, DOMAIN, [
    { port: silent.address().port, priority: 10 }, { port: kamailio.port, priority: 20 },
  ]);
  await scene.server({ configuration: `[network]\ndns = ["${server}"]\n`, trunk: "127.0.0.1:9" });
  const admin = await administrator(scene);
  await put(admin, "trunks/pstn", {
    contact: DOMAIN, accept_from: [], probe_s: 0,
    account: { user: account, password: "word", register_s: 600 },
    numbers: {
      form: "e164", country: "49", international: "00", national: "0", caller: "+4930123450",
    },
  });
  await registered(scene);
  const { body } = await admin.rest("GET", "/api/v2/configuration/trunks/pstn");
  assert.equal(body.object.account.password, undefined, "a password is never shown");

  const agent = await scene.hummingAgent("agent5001", "agent");
  phone.manner = { says: await toneFile(TONES.customer, 8000) };
  await agent.dial("040555666");
  const callee = await phone.called("4940555666");
  await agent.talks();
  assert.match(callee.invitation?.uri ?? "", /^sip:\+4940555666@/);
  assert.match(callee.invitation?.headers.find(([name]) => name === "From")?.[1] ?? "",
    /\+4930123450@carrier\.example/);
  await hears(callee, ["agent"]);
  await hears(agent, ["customer"]);
  await agent.press("Release");
  await until("the end", () => callee.end);

  await agent.ready();
  const call = await phone.call({ from: "040777888", says: phone.manner.says });
  await agent.rings();
  await agent.press("Answer");
  await agent.talks();
  assert.match(JSON.stringify(await agent.call()), /"\+4940777888"/);
  call.hangUp();
});

story("a carrier over TCP answers a challenge's proof and hangs up", async (scene) => {
  const { phone, kamailio, account } = await carrier(scene);
  await scene.server({ trunk: "127.0.0.1:9" });
  const admin = await administrator(scene);
  await put(admin, "trunks/pstn", {
    contact: `127.0.0.1:${kamailio.port};transport=tcp`, domain: DOMAIN,
    account: { user: account, password: "word", register_s: 120 },
  });
  await registered(scene);
  assert.match(kamailio.output, /REGISTER .* by TCP/i);
  const agent = await scene.hummingAgent("agent5001", "agent");
  phone.manner = { says: await toneFile(TONES.customer, 8000) };
  await agent.dial("5559876");
  const callee = await phone.called("5559876");
  await agent.talks();
  await hears(agent, ["customer"]);
  callee.hangUp();
  await agent.page.getByText("No call").first().waitFor();
});

story("a call takes the next trunk when the first one is down, and the agent hears nothing of it",
  async (scene) => {
    const phone = await PstnPhone.open();
    scene.phones.push(phone);
    phone.server = (await scene.server({ trunk: "127.0.0.1:9" })).sip;
    const admin = await administrator(scene);
    await put(admin, "trunks/backup", { contact: phone.place });
    await put(admin, "dial_plan/outside", {
      match: "9", strip: 1, prefix: "", trunk: "pstn", then: ["backup"],
    });
    const agent = await scene.hummingAgent("agent5001", "agent");
    phone.manner = { says: await toneFile(TONES.customer, 8000) };
    await agent.dial("95559876");
    await phone.called("5559876");
    await agent.talks();
    await agent.press("Release");
  });

story("a phone dials no more calls outside than its DN may", async (scene) => {
  const phone = await scene.carrier();
  phone.manner = {};
  const admin = await administrator(scene);
  const { body } = await admin.rest("GET", "/api/v2/configuration/dns/5001");
  await put(admin, "dns/5001", {
    ...body.object, options: { TServer: { "outside-calls-per-hour": "1" } },
  });
  const agent = await scene.signedInAgent();
  await agent.dial("5559876");
  await agent.talks();
  await agent.press("Release");
  await until("the end", () => phone.calls.every((call) => call.end !== null));
  await agent.dial("5559876");
  await agent.page.getByText(/may have no more calls outside/).first().waitFor();
  assert.equal(phone.calls.length, 1);
});
