// An agent who doesn't answer.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";

story("G24: after 15 s without answer the call goes back and the page says why", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call();
  await desktop.rings();
  const rang = Date.now();
  await desktop.incoming.waitFor({ state: "hidden", timeout: 20_000 });
  const seconds = (Date.now() - rang) / 1000;
  assert.ok(seconds > 13.5 && seconds < 17, `it rang for ${seconds} s`);
  await desktop.showsState("Not ready");
  await desktop.page.getByText(/(did not|didn.t|not|no) answer/i).first().waitFor();
  assert.equal(call.state, "calling", "the caller waits on");

  // The call is back in the queue: whoever is ready next gets it.
  const colleague = await scene.readyAgent("agent5002");
  await colleague.rings();
  await colleague.press("Answer");
  await Promise.all([colleague.talks(), call.answered()]);
  call.hangUp();
});

story("a rejected call goes on to the next agent", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call();
  await desktop.rings();
  await desktop.press("Reject");
  await desktop.incoming.waitFor({ state: "hidden" });
  assert.equal(call.state, "calling", "the caller waits on");
  const colleague = await scene.readyAgent("agent5002");
  await colleague.rings();
  call.cancel();
  assert.equal((await call.ended()).status, 487);
});
