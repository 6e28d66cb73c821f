// Takes docs/desktop.png: the desktop while a known customer's call rings.

import path from "node:path";

import { closeBrowser } from "./lib/browser.js";
import { ROOT } from "./lib/paths.js";
import { Scene } from "./lib/story.js";
import { pause } from "./lib/wait.js";

const scene = new Scene("picture");
try {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  await carrier.call();
  await desktop.rings();
  // The card fades in.
  await pause(2500);
  await desktop.picture(path.join(ROOT, "docs/desktop.png"));
} finally {
  await scene.close();
  await closeBrowser();
}
