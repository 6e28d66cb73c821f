// More than one call at a desk.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { talk } from "../lib/talk.js";
import { TONES, hears, toneFile } from "../lib/tones.js";

story("an agent with a customer on hold calls another, and goes to and fro", async (scene) => {
  const { carrier, agent, customer } = await talk(scene);
  const late = await carrier.call({ from: "5550000002", to: "5001" });
  assert.equal((await late.ended()).status, 486, "who talks is busy for others");

  carrier.manner = { says: await toneFile(TONES.callee, 8000) };
  await agent.in("Active call").press("Hold");
  await hears(customer, []);
  await agent.dial("5559876543");
  const callee = await carrier.called("5559876543");
  await hears(callee, ["agent"]);
  await hears(agent, ["callee"]);
  await hears(customer, []);
  await agent.region("Other call").waitFor();
  await agent.picture(scene.file("two-calls.png"));

  await agent.in("Other call").press("Hold");
  await agent.in("Active call").press("Resume");
  await hears(customer, ["agent"]);
  await hears(agent, ["customer"]);
  await hears(callee, []);

  await agent.in("Other call").press("Release");
  assert.equal((await callee.ended()).by, "them");
  await agent.region("Other call").waitFor({ state: "hidden" });
  await hears(customer, ["agent"]);
  await agent.press("Release");
  assert.equal((await customer.ended()).by, "them");
});

story("a held customer and a second call are joined, and the agent leaves them", async (scene) => {
  const { carrier, agent, customer } = await talk(scene);
  carrier.manner = { says: await toneFile(TONES.callee, 8000) };
  await agent.in("Active call").press("Hold");
  await agent.dial("5559876543");
  const callee = await carrier.called("5559876543");
  await hears(callee, ["agent"]);
  await agent.in("Other call").press("Join calls");
  await hears(customer, ["agent", "callee"]);
  await hears(callee, ["agent", "customer"]);
  await hears(agent, ["callee", "customer"]);
  await agent.picture(scene.file("joined.png"));
  await agent.press("Release");
  await hears(customer, ["callee"]);
  await hears(callee, ["customer"]);
  await customer.hangUp();
  await callee.ended();
});
