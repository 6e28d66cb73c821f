// Keys for the machine at the other end.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { quietTalk } from "../lib/talk.js";
import { until } from "../lib/wait.js";

story("keys reach the other end as telephone events, each once and in order", async (scene) => {
  const { agent, customer } = await quietTalk(scene);
  customer.rtp.forget();
  await agent.in("Active call").press("Keypad");
  const keypad = agent.active.getByRole("group", { name: "Keypad", exact: true });
  for (const name of ["1", "9", "Hash", "Star"]) {
    await keypad.getByRole("button", { name, exact: true }).click();
  }
  await agent.page.keyboard.type("50");
  await until("the keys", async () => (await customer.rtp.heard()).keys.length >= 6);
  const heard = await customer.rtp.heard();
  assert.equal(heard.keys, "19#*50");
  await agent.active.getByLabel("Tones sent").getByText("19#*50").waitFor();
  await agent.press("Release");
  await customer.ended();
});
