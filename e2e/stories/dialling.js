// Calls that an agent makes from the desktop, and what becomes of them.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";

story("what the network says before anybody answers is heard at the desktop", async (scene) => {
  const carrier = await scene.carrier();
  carrier.manner = { says: await toneFile(TONES.callee, 8000), early: true, ringMs: 60_000 };
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.dial("5559876543");
  const callee = await carrier.called("5559876543");
  await hears(agent, ["callee"]);
  assert.equal(callee.state, "calling", "nobody has answered");
  assert.equal((await agent.call()).state, "Dialing");
  await agent.press("Release");
  assert.equal((await callee.ended()).by, "them");
});

story("why a number was not reached is told in plain words", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.signedInAgent();
  for (const [status, words] of REFUSALS) {
    carrier.manner = { status };
    await agent.dial("5559876543");
    await agent.page.getByText(words).first().waitFor();
    const call = await agent.call();
    if (call !== undefined) await agent.press("Release");
    await agent.active.waitFor({ state: "hidden" });
    for (const notice of await agent.page.getByRole("button", { name: "Dismiss" }).all()) {
      await notice.click();
    }
  }
});

/** @type {[number, string][]} */
const REFUSALS = [
  [486, "The line is busy"],
  [404, "This number does not exist"],
  [480, "Nobody answered"],
  [603, "The call was declined"],
  [503, "The network could not take the call"],
];
