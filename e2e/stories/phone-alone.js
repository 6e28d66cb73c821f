// The second tab of the picture: the softphone by itself, beside the desktop.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

story("the phone alone rings, answers and hangs up", async (scene) => {
  const carrier = await scene.carrier();
  const phone = await scene.desktop("agent5008", "/phone");
  await phone.signIn();
  await phone.registered();
  const ready = await until("Ready", async () => {
    const reply = await phone.rest("PUT", "/api/v2/me/state", { state: "Ready" });
    return reply.body.statusCode === 0;
  });
  assert.ok(ready);

  const call = await carrier.call();
  const { page } = phone;
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await call.answered();
  await until("the conversation", async () => (await phone.facts())?.callPhase === "talking");
  await page.getByText(/555.?123.?4567/).first().waitFor();
  await page.getByRole("button", { name: "Hang up" }).click();
  assert.equal((await call.ended()).by, "them");
});

story("a desktop with a phone tab beside it is rung once and answers", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.signedInAgent("agent5009");
  const tab = await desktop.page.context().newPage();
  await tab.goto(`${desktop.server.url}/phone`);
  await desktop.page.bringToFront();
  await desktop.ready();
  const call = await carrier.call();
  await desktop.incoming.waitFor();
  await desktop.press("Answer");
  await call.answered();
  await desktop.active.waitFor();
  assert.equal((await desktop.call()).state, "Established");
  call.hangUp();
  await desktop.afterCall.waitFor();
});
