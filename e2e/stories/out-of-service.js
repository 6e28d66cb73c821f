// A phone that goes, and comes back.

import assert from "node:assert/strict";

import { Baresip } from "../lib/baresip.js";
import { outFolder } from "../lib/paths.js";
import { program } from "../lib/program.js";
import { story } from "../lib/story.js";
import { TONES, toneFile } from "../lib/tones.js";

/** Until the DN has had this event so often, told within 30 s.
 * @param {import("../lib/tserver.js").TClient} client @param {string} name
 * @param {string} dn @param {number} [times] */
async function told(client, name, dn, times = 1) {
  await client.event(`${name} at ${dn}`, () => {
    const such = client.events.filter((event) => event.name === name && event.this_dn === dn);
    return such.length >= times;
  }, 30_000);
}

story("G12: a DN is out of service once its browser is gone, back with the next", async (scene) => {
  const client = await program(scene, ["5001"]);
  const agent = await scene.readyAgent();
  await told(client, "EventDNBackInService", "5001");
  await agent.page.close();
  await told(client, "EventDNOutOfService", "5001");
  agent.page = await agent.page.context().newPage();
  await agent.page.goto(agent.server.url);
  await told(client, "EventDNBackInService", "5001", 2);
});

story("a phone that goes to another tab is not out of service for a moment", async (scene) => {
  const client = await program(scene, ["5004"]);
  const agent = await scene.readyAgent("agent5004");
  await told(client, "EventDNBackInService", "5004");
  const desktop = agent.page;
  for (let times = 1; times <= 3; times += 1) {
    const tab = await desktop.context().newPage();
    agent.page = tab;
    await tab.goto(`${agent.server.url}/phone`);
    await agent.registered();
    agent.page = desktop;
    await desktop.getByRole("button", { name: "Use the phone here" }).click();
    await agent.registered();
    await tab.close();
  }
  const gone = client.events.filter((event) => event.name === "EventDNOutOfService");
  assert.deepEqual(gone, []);
  const carrier = await scene.carrier();
  const call = await carrier.call();
  await agent.press("Answer");
  await call.answered();
});

story("a DN is out of service once its telephone's registration is over", async (scene) => {
  const client = await program(scene, ["5002"]);
  const server = await scene.server();
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const voice = await toneFile(TONES.other, 8000);
  const phone = await Baresip.phone(folder, "5002", server.at.sip, voice);
  await told(client, "EventDNBackInService", "5002");
  await phone.close();
  await told(client, "EventDNOutOfService", "5002");
  const asked = client.send("make_call", { this_dn: "5002", other_dn: "5001" });
  assert.equal((await client.outcome(asked)).name, "EventError");
  const again = await Baresip.phone(folder, "5002", server.at.sip, voice);
  scene.finally(() => again.close());
  await told(client, "EventDNBackInService", "5002", 2);
});
