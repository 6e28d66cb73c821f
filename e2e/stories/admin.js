// An administrator at /admin: what is saved there holds for the next call.

import assert from "node:assert/strict";
import { basename } from "node:path";

import { story } from "../lib/story.js";
import { TONES, toneFile, tonesIn } from "../lib/tones.js";
import { pause, until } from "../lib/wait.js";

/** @typedef {import("playwright-core").Page} Page */

/** @param {import("../lib/story.js").Scene} scene */
async function administrator(scene) {
  const admin = await scene.desktop("admin", "/admin");
  await admin.signIn();
  await admin.page.getByRole("button", { name: "New Person" }).waitFor();
  return admin;
}

story("an agent who is made at /admin signs in and takes a call", async (scene) => {
  const carrier = await scene.carrier();
  const { page } = await administrator(scene);
  await page.getByRole("button", { name: "New Person" }).click();
  await page.getByLabel("User name").fill("agent5099");
  await page.getByLabel("First name").fill("Nora");
  await page.getByLabel("Employee ID").fill("5099");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill("demo");
  await page.getByLabel("Skill to add").fill("Support");
  await page.getByRole("button", { name: "Add skill" }).click();
  await page.getByLabel("Number of the new phone").fill("5099");
  await page.getByLabel("SIP password of the new phone").fill("demo");
  await page.getByRole("button", { name: "Make phone and place" }).click();
  await page.getByRole("button", { name: "Save…" }).click();
  const plan = page.getByRole("list", { name: "Changes" }).getByRole("listitem");
  await plan.filter({ hasText: "Person agent5099" }).waitFor();
  assert.deepEqual((await plan.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ")), [
    "Added DN 5099", "Added Person agent5099", "Added Place 5099",
  ]);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/^Version 1/).waitFor();

  const agent = await scene.readyAgent("agent5099");
  const call = await carrier.call();
  await agent.rings();
  await agent.press("Answer");
  await agent.talks();
  call.hangUp();
});

story("what two have changed is shown in both versions, and one is chosen", async (scene) => {
  const { page } = await administrator(scene);
  await page.goto(`${page.url().split("#")[0]}#/skills/Support`);
  await page.getByLabel("Description").fill("by the page");
  const other = await scene.desktop("admin");
  await other.signIn();
  await other.page.getByRole("button", { name: /^Account of/ }).waitFor();
  const skill = { description: "by a program" };
  const { body } = await other.rest("GET", "/api/v2/configuration");
  const put = { version: body.version, object: skill };
  const done = await other.rest("PUT", "/api/v2/configuration/skills/Support", put);
  assert.equal(done.body.statusCode, 0, JSON.stringify(done.body));
  await page.getByRole("button", { name: "Save…" }).click();
  const conflict = page.getByRole("region", { name: "Skill Support was changed meanwhile" });
  const texts = await conflict.getByRole("row").nth(1).innerText();
  assert.match(texts, /by the page[\s\S]*by a program/);
  await conflict.getByRole("button", { name: "Use all of mine" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const saved = async () => {
    const reply = await other.rest("GET", "/api/v2/configuration/skills/Support");
    return reply.body.object.description === "by the page";
  };
  await until("the page's version", saved);
});

story("a menu is built at /admin without a line of JSON", async (scene) => {
  const { page } = await administrator(scene);
  await page.goto(`${page.url().split("#")[0]}#/strategies/Menu`);
  const add = (/** @type {string} */ label) => page.getByLabel(`Add a step to ${label}`);
  await page.getByRole("button", { name: "Remove step 1", exact: true }).first().click();
  await add("Steps").selectOption({ label: "Menu" });
  await page.getByLabel("Text", { exact: true }).first().fill("Support is one, mail is two.");
  await page.getByLabel("Keys of the new choice").fill("2");
  await page.getByRole("button", { name: "Add choice" }).click();
  await add("Choice 1").selectOption({ label: "Send elsewhere" });
  await page.getByRole("list", { name: "Choice 1" }).getByLabel("Route point").last().fill("5000");
  await add("Choice 2").selectOption({ label: "Record a message" });
  const two = page.getByRole("list", { name: "Choice 2" });
  await two.getByLabel("Mailbox").fill("Support");
  await two.getByLabel("Text", { exact: true }).fill("Speak now.");
  await page.screenshot({ path: scene.file("menu.png"), fullPage: true });
  await page.getByRole("button", { name: "Save…" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/^Version 1/).waitFor();
  const other = await scene.desktop("supervisor");
  await other.signIn();
  await other.page.getByRole("button", { name: /^Account of/ }).waitFor();
  const { body } = await other.rest("GET", "/api/v2/configuration/strategies/Menu");
  const [{ menu }] = body.object.steps;
  assert.deepEqual(menu.prompt, [{ text: "Support is one, mail is two." }]);
  assert.deepEqual(menu.choices["1"], [{ route: { route_point: "5000" } }]);
  assert.deepEqual(menu.choices["2"][0].voicemail.prompt, [{ text: "Speak now." }, "beep"]);
});

story("a sound that is uploaded at /admin greets the next caller", async (scene) => {
  const { page } = await administrator(scene);
  await page.goto(`${page.url().split("#")[0]}#/media`);
  await page.getByRole("button", { name: "New media file" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Greeting");
  await page.getByLabel("Language to add").fill("en");
  await page.getByRole("button", { name: "Add language" }).click();
  const chooser = page.getByLabel("Sound file of en");
  await chooser.setInputFiles({
    name: "noise.wav", mimeType: "audio/wav", buffer: Buffer.from("no sound"),
  });
  await page.getByRole("alert").waitFor();
  const sound = await toneFile(TONES.agent, 48000);
  await chooser.setInputFiles(sound);
  const audio = page.getByLabel("Sound of en");
  await audio.waitFor();
  const seconds = await audio.evaluate(async (/** @type {HTMLAudioElement} */ element) => {
    element.muted = true;
    await element.play();
    return element.duration;
  });
  assert.ok(seconds > 1, `${seconds} s can be listened to`);
  assert.equal(await page.getByLabel("Path of en").inputValue(), `en/${basename(sound)}`);
  await page.screenshot({ path: scene.file("media.png"), fullPage: true });

  await page.goto(`${page.url().split("#")[0]}#/strategies/Menu`);
  await page.getByRole("button", { name: "Remove step 1", exact: true }).first().click();
  await page.getByLabel("Add a step to Steps").selectOption({ label: "Say or play" });
  await page.getByLabel("Kind of piece 1").first().selectOption({ label: "Sound file" });
  await page.getByLabel("Sound file", { exact: true }).first().fill("Greeting");
  await page.getByRole("button", { name: "Save…" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/^Version 1/).waitFor();

  const carrier = await scene.carrier();
  const call = await carrier.call({ to: "5901" });
  await call.progress(183);
  await pause(2500);
  const { samples } = await call.heard(scene.file("greeting.wav"));
  assert.deepEqual(tonesIn(samples.slice(-8000), 8000), ["agent"]);
  call.cancel();
});
