// A telephone by other people calls in.

import { Baresip } from "../lib/baresip.js";
import { recordRemote } from "../lib/ear.js";
import { outFolder } from "../lib/paths.js";
import { assertHeard } from "../lib/score.js";
import { story } from "../lib/story.js";

story("baresip calls in, and both hear each other", async (scene) => {
  const { agent, customer } = await scene.speech;
  const server = await scene.server();
  const desktop = await scene.readyAgent();
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const target = `sip:+18005551234@${server.at.sip}`;
  const telephone = await Baresip.dial(folder, target, customer.narrow);
  scene.finally(() => telephone.close());

  await desktop.rings();
  await desktop.press("Answer");
  await desktop.talks();
  await telephone.says(/Call established/);
  const seconds = 2 * agent.seconds + 1.5;
  await recordRemote(desktop.page, scene.file("at-agent.wav"), seconds);
  await desktop.press("Release");
  await telephone.says(/session closed|terminated/);
  await telephone.close();

  await assertHeard("the agent hears baresip", customer.narrow, scene.file("at-agent.wav"));
  await assertHeard("baresip hears the agent", agent.narrow, await telephone.recording());
});
