// Two people talk in turns, and what each hears is scored.
//
// In turns, because Chromium's echo canceller takes a second voice that comes at once for echo:
// with both speaking all the time it swallows half of the agent's words, on any line.

import { recordRemote } from "./ear.js";
import { assertHeard } from "./score.js";
import { pause } from "./wait.js";

/** @typedef {import("./story.js").Scene} Scene */
/** @typedef {import("./desktop.js").Desktop} Desktop */
/** @typedef {import("./pstn-call.js").PstnCall} PstnCall */

/**
 * First the customer speaks, then the agent. Returns what the customer's telephone counted.
 * @param {Scene} scene @param {Desktop} desktop @param {PstnCall} call
 */
export async function conversation(scene, desktop, call) {
  const { agent, customer } = await scene.speech;
  call.rtp.speak(customer.narrow);
  const atAgent = scene.file("at-agent.wav");
  await recordRemote(desktop.page, atAgent, wholeSeconds(customer));
  call.rtp.speak(null);
  await pause(ECHO_CANCELLER_MS);
  call.rtp.forget();
  await pause(wholeSeconds(agent) * 1000);
  const atCustomer = scene.file("at-customer.wav");
  const heard = await call.heard(atCustomer);
  await assertHeard("the agent hears the customer", customer.narrow, atAgent);
  await assertHeard("the customer hears the agent", agent.narrow, atCustomer);
  return heard;
}

/** Whoever repeats a text says it three times as a whole in this time, wherever one begins to
 * listen.
 * @param {import("./speech.js").Speech} speech */
export const wholeSeconds = (speech) => 4 * speech.seconds + 1;

const ECHO_CANCELLER_MS = 1000;
