// The page is reloaded in the middle of a call.

import assert from "node:assert/strict";

import { recordRemote } from "../lib/ear.js";
import { score } from "../lib/score.js";
import { story } from "../lib/story.js";
import { pause } from "../lib/wait.js";
import { loudShare } from "../lib/wav.js";

story("a page reloaded in a call keeps the call, and sound comes back both ways", async (scene) => {
  const { agent, customer } = await scene.speech;
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call({ says: customer.narrow });
  await desktop.rings();
  await desktop.press("Answer");
  await Promise.all([desktop.talks(), call.answered()]);
  const before = await desktop.call();

  await desktop.page.reload();
  await desktop.talks();
  const after = await desktop.call();
  assert.equal(after.id, before.id, "it is the same call");
  assert.equal(after.state, "Established");
  assert.equal(call.state, "talking", "the caller noticed no end");

  // Conversations resume within a moment; what is scored begins after it.
  await pause(1000);
  call.rtp.forget();
  const file = scene.file("at-agent.wav");
  const heard = await recordRemote(desktop.page, file, 2 * agent.seconds + 1.5);
  assert.ok(loudShare(heard, -50) > 0.4, "the agent hears something");
  await call.heard(scene.file("at-customer.wav"));
  const toAgent = await score(customer.narrow, file);
  const toCustomer = await score(agent.narrow, scene.file("at-customer.wav"));
  assert.ok((toAgent.pesq ?? 0) >= 3.5, `the agent hears ${JSON.stringify(toAgent)}`);
  assert.ok((toCustomer.pesq ?? 0) >= 3.5, `the customer hears ${JSON.stringify(toCustomer)}`);

  await desktop.press("Release");
  assert.equal((await call.ended()).by, "them");
});
