// The browser ends in the middle of a call, and a new one is opened.

import assert from "node:assert/strict";

import { Desktop } from "../lib/desktop.js";
import { story } from "../lib/story.js";
import { talk } from "../lib/talk.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { until } from "../lib/wait.js";

/** Until the new browser has the seat of the old one. @param {Desktop} desktop */
async function loggedIn(desktop) {
  const button = desktop.page.getByRole("button", { name: "Log in again" });
  await until("the log-in", async () => {
    if (await button.isVisible()) await button.click();
    return (await desktop.facts())?.registration === "registered";
  }, TAKEOVER_MS_MAX);
}

/** A session that nobody has closed keeps its seat for half a minute. */
const TAKEOVER_MS_MAX = 45_000;

story("an agent whose browser was restarted has the call again, with sound", async (scene) => {
  const { agent, customer } = await talk(scene);
  const before = await agent.call();
  await agent.close();
  assert.equal(customer.state, "talking", "the customer is kept");

  const voice = await toneFile(TONES.other, 48_000);
  const again = await Desktop.openWithVoice(await scene.server(), "agent5001", voice);
  scene.desktops.push(again);
  await again.signIn();
  await loggedIn(again);
  await again.talks();
  const after = await again.call();
  assert.equal(after.id, before.id, "it is the same call");
  await hears(again, ["customer"]);
  await hears(customer, ["other"]);
  assert.equal(customer.state, "talking", "the customer noticed no end");
  await again.press("Release");
  assert.equal((await customer.ended()).by, "them");
});
