// Two agents, two customers.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { pause } from "../lib/wait.js";

story("the agent who has waited longest gets the call, and the other the next", async (scene) => {
  const carrier = await scene.carrier();
  const first = await scene.readyAgent("agent5001");
  const second = await scene.readyAgent("agent5002");

  const one = await carrier.call({ from: "5551234567" });
  await first.rings();
  assert.ok(!(await second.incoming.isVisible()), "one call rings once");
  const two = await carrier.call({ from: "5550000002" });
  await second.rings();
  await second.press("Answer");
  await first.press("Answer");
  await Promise.all([first.talks(), second.talks(), one.answered(), two.answered()]);

  one.hangUp();
  await first.afterCall.waitFor();
  assert.equal(two.state, "talking", "the other call goes on");
  assert.equal((await second.call()).state, "Established");

  // In after-call work nobody is rung.
  const three = await carrier.call({ from: "5550000003" });
  await three.progress(183);
  await pause(1000);
  assert.ok(!(await first.incoming.isVisible()));
  await first.press("Complete");
  await first.rings();
  three.cancel();
  await three.ended();
  two.hangUp();
});
