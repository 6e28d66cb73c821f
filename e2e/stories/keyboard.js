// A whole call without a mouse.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";

story("a call is taken from sign-in to Complete by keyboard alone", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.desktop("agent5007");
  const { keyboard } = desktop.page;
  // What a screen reader is told to say of the button.
  const shortcut = async (/** @type {string} */ name) => {
    const button = desktop.page.getByRole("button", { name, exact: true });
    const keys = await button.getAttribute("aria-keyshortcuts");
    assert.ok(keys, `${name} has a shortcut`);
    return keys;
  };
  await desktop.page.getByRole("textbox", { name: "User name" }).focus();
  await keyboard.type("agent5007");
  await keyboard.press("Tab");
  await keyboard.type("demo");
  await keyboard.press("Enter");
  await desktop.registered();
  await desktop.showsState("Not ready");
  await keyboard.press(await shortcut("Ready"));
  await desktop.showsState("Ready");

  const call = await carrier.call();
  await desktop.rings();
  await keyboard.press(await shortcut("Answer"));
  await Promise.all([desktop.talks(), call.answered()]);
  await keyboard.press(await shortcut("Release"));
  assert.equal((await call.ended()).by, "them");
  await desktop.afterCall.waitFor();
  await keyboard.press(await shortcut("Complete"));
  await desktop.showsState("Ready");
});
