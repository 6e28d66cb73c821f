// A telephone by other people calls in.

import { Baresip } from "../lib/baresip.js";
import { wholeSeconds } from "../lib/conversation.js";
import { recordRemote } from "../lib/ear.js";
import { outFolder } from "../lib/paths.js";
import { assertHeard } from "../lib/score.js";
import { story } from "../lib/story.js";
import { pause } from "../lib/wait.js";

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
  await recordRemote(desktop.page, scene.file("at-agent.wav"), wholeSeconds(customer));
  await pause(1000 * (QUIET_SECONDS + wholeSeconds(agent)));
  await desktop.press("Release");
  await telephone.says(/session closed|terminated/);
  await telephone.close();

  await assertHeard("the agent hears baresip", customer.narrow, scene.file("at-agent.wav"));
  // Baresip's recording begins with the call; the agent's turn is its end.
  const turn = await telephone.lastSeconds(wholeSeconds(agent));
  await assertHeard("baresip hears the agent", agent.narrow, turn);
});

/** Until baresip, which has said its text three times, has been quiet for a moment. */
const QUIET_SECONDS = 9;
