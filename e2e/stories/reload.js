// The page is reloaded in the middle of a call.

import assert from "node:assert/strict";

import { conversation } from "../lib/conversation.js";
import { story } from "../lib/story.js";

story("G6: a page reloaded in a call keeps it, and sound comes back both ways", async (scene) => {
  const { customer } = await scene.speech;
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

  await conversation(scene, desktop, call);

  await desktop.press("Release");
  assert.equal((await call.ended()).by, "them");
});
