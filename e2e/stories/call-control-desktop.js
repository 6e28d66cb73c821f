// An agent's buttons: hold, ask, transfer, confer, dial, each as far as the others hear it.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";

/** @typedef {import("../lib/story.js").Scene} Scene */

/** A customer who hums talks with agent 5001, who hums too. @param {Scene} scene */
async function talk(scene) {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const customer = await carrier.call({ says: await toneFile(TONES.customer, 8000) });
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([customer.answered(), agent.talks()]);
  return { carrier, agent, customer };
}

story("an agent holds, asks a colleague, and hands the customer over by buttons", async (scene) => {
  const { agent, customer } = await talk(scene);
  const other = await scene.hummingAgent("agent5002", "other");
  await agent.in("Active call").press("Hold");
  await hears(customer, []);
  await agent.in("Active call").press("Resume");
  await hears(customer, ["agent"]);

  await agent.in("Active call").press("Transfer");
  await agent.fill("Number or name", "5002");
  await agent.press("Ask first");
  await other.incoming.waitFor();
  await other.press("Answer");
  await agent.region("Consult call").waitFor();
  await hears(agent, ["other"]);
  await agent.picture(scene.file("consult.png"));
  await agent.press("Complete transfer");
  await hears(customer, ["other"]);
  await agent.afterCall.waitFor();
  const moved = await other.call();
  assert.equal(moved.state, "Established");
  assert.equal(moved.callType, "Inbound", "the customer's call, not the consultation");
  await other.press("Release");
  assert.equal((await customer.ended()).by, "them");
});

story("an agent leaves a customer in another queue, who keeps the place there", async (scene) => {
  const { agent, customer } = await talk(scene);
  await agent.in("Active call").press("Transfer");
  await agent.fill("Number or name", "5900");
  await agent.press("Ask first");
  await agent.region("Consult call").waitFor();
  await agent.press("Complete transfer");
  await agent.afterCall.waitFor();
  await hears(customer, []);
  const other = await scene.hummingAgent("agent5016", "other");
  await other.ready();
  await other.incoming.waitFor();
  await other.press("Answer");
  await hears(customer, ["other"]);
  await hears(other, ["customer"]);
  assert.equal((await other.call()).callType, "Inbound");
  await customer.hangUp();
});

story("an agent asks a colleague and all three confer by buttons", async (scene) => {
  const { agent, customer } = await talk(scene);
  const other = await scene.hummingAgent("agent5002", "other");
  await agent.in("Active call").press("Conference");
  await agent.fill("Number or name", "5002");
  await agent.press("Ask first");
  await other.incoming.waitFor();
  await other.press("Answer");
  await agent.region("Consult call").waitFor();
  await agent.press("Complete conference");
  await hears(customer, ["agent", "other"]);
  await hears(agent, ["customer", "other"]);
  await hears(other, ["agent", "customer"]);
  const speaking = agent.page.getByRole("img", { name: /is speaking$/ });
  await speaking.nth(1).waitFor();
  await agent.picture(scene.file("conference.png"));
  await other.in("Active call").press("Mute");
  await agent.page.getByRole("img", { name: /is silent$/ }).waitFor();
  assert.equal(await speaking.count(), 1, "who is muted is not shown to speak");
  await other.in("Active call").press("Mute");
  customer.hangUp();
  await agent.active.waitFor();
  await hears(agent, ["other"]);
  await agent.press("Release");
});

story("an agent dials from the desktop, and is told why nobody is there", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { says: await toneFile(TONES.callee, 8000) };
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.phone.getByRole("combobox", { name: "Number or name" }).fill("5559876543");
  await agent.phone.getByRole("button", { name: "Call", exact: true }).click();
  const callee = await carrier.called("5559876543");
  await hears(agent, ["callee"]);
  await hears(callee, ["agent"]);
  assert.ok(!(await agent.incoming.isVisible()), "one's own call is no incoming one");
  await agent.press("Release");
  assert.equal((await callee.ended()).by, "them");

  carrier.manner = { status: 486 };
  await agent.phone.getByRole("combobox", { name: "Number or name" }).fill("5559876544");
  await agent.phone.getByRole("button", { name: "Call", exact: true }).click();
  await agent.page.getByText("The line is busy").first().waitFor();
});
