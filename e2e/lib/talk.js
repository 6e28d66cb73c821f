// A conversation to begin with: a customer who hums talks with agent 5001, who hums too.

import { TONES, toneFile } from "./tones.js";

/** @param {import("./story.js").Scene} scene */
export async function talk(scene) {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const customer = await carrier.call({ says: await toneFile(TONES.customer, 8000) });
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([customer.answered(), agent.talks()]);
  return { carrier, agent, customer };
}

/** The same without the agent's voice, in the browser that all stories share.
 * @param {import("./story.js").Scene} scene */
export async function quietTalk(scene) {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent();
  const customer = await carrier.call();
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([customer.answered(), agent.talks()]);
  return { carrier, agent, customer };
}
