// The main job: a customer calls, the agent answers with a click, both hear each other.

import assert from "node:assert/strict";

import { conversation } from "../lib/conversation.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

story("G2 G4: a customer's call is answered by a click and both hear each other", async (scene) => {
  const { customer } = await scene.speech;
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();

  const call = await carrier.call({ says: customer.narrow });
  await desktop.rings();
  await desktop.incoming.getByText(/555.?123.?4567/).first().waitFor();
  await desktop.incoming.getByText("Sample Customer").first().waitFor();
  await desktop.region("Customer").getByText(/premium/i).first().waitFor();
  const contacts = desktop.region("Past contacts").getByRole("listitem");
  await contacts.nth(2).waitFor();
  await desktop.picture(scene.file("ringing.png"));
  await desktop.press("Answer");
  await Promise.all([desktop.talks(), call.answered()]);
  assert.deepEqual(call.told, [100, 180], "ringing is told once, when the phone rings");

  const heard = await conversation(scene, desktop, call);
  assert.deepEqual(heard.kinds, [0], "only what was negotiated arrives at the carrier");
  assert.ok(heard.gapMsMax < 200, `${heard.gapMsMax} ms without a packet at the carrier`);

  call.hangUp();
  await desktop.afterCall.waitFor();
  await desktop.showsState("After-call work");
  await until("the answer to BYE", () => call.byeAnswered);
  await desktop.press("Complete");
  await desktop.afterCall.waitFor({ state: "hidden" });
  await desktop.showsState("Ready");
});
