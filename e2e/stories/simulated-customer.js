// A newcomer without a telephone hears a call.

import assert from "node:assert/strict";

import { recordRemote } from "../lib/ear.js";
import { story } from "../lib/story.js";
import { loudShare } from "../lib/wav.js";

story("the button that calls as a customer brings a call with speech", async (scene) => {
  const desktop = await scene.readyAgent();
  await desktop.page.getByRole("button", { name: "Call me as a customer" }).click();
  await desktop.rings();
  await desktop.press("Answer");
  await desktop.talks();
  const heard = await recordRemote(desktop.page, scene.file("customer.wav"), 5);
  assert.ok(loudShare(heard, -45) > 0.3, "somebody speaks");
  await desktop.press("Release");
  await desktop.afterCall.waitFor();
});

story("the simulated customer's API says what is wrong with a number", async (scene) => {
  const desktop = await scene.signedInAgent();
  const reply = await desktop.rest("POST", "/api/demo/customer-call", { ani: "x", dnis: "y" });
  assert.notEqual(reply.status, 200);
  assert.match(JSON.stringify(reply.body), /number/i);
});
