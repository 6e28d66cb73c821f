// Long calls. SOAK_S says how long: `make soak` gives them a quarter of an hour.

import assert from "node:assert/strict";

import { recordRemote } from "../lib/ear.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { pause } from "../lib/wait.js";
import { quietMsMax } from "../lib/wav.js";

const SOAK_S = Number(process.env.SOAK_S ?? "0");
/** A slice that is recorded and looked at. */
const SLICE_S = 10;
const GAP_MS_MAX = 200;

story("G15: packets that nobody agreed to, every 4 s, leave no gap in the sound", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const call = await carrier.call({ says: await toneFile(TONES.customer, 8000) });
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([agent.talks(), call.answered()]);
  await hears(agent, ["customer"]);
  call.rtp.slipIn(4000);
  for (let second = 0; second < Math.max(2 * SLICE_S, SOAK_S); second += SLICE_S) {
    call.rtp.forget();
    const heard = await recordRemote(agent.page, scene.file("at-agent.wav"), SLICE_S);
    const gap = quietMsMax(heard, -40);
    assert.ok(gap <= GAP_MS_MAX, `${gap} ms of silence at the agent after ${second} s`);
    const back = await call.heard(scene.file("at-customer.wav"));
    const hole = quietMsMax({ rate: 8000, samples: back.samples.slice(0, -800) }, -40);
    assert.ok(hole <= GAP_MS_MAX, `${hole} ms of silence at the customer after ${second} s`);
    assert.deepEqual(back.kinds, [0], "only what was agreed is sent");
  }
  await agent.press("Release");
});

story("G19 G20: both sides silent and muted, nobody is cut off after 40 s", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const call = await carrier.call();
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([agent.talks(), call.answered()]);
  await agent.in("Active call").press("Mute");
  call.rtp.forget();
  const until = performance.now() + 1000 * Math.max(50, SOAK_S);
  while (performance.now() < until) {
    await pause(SLICE_S * 1000);
    const { gapMsMax } = await call.rtp.heard();
    assert.ok(gapMsMax <= GAP_MS_MAX, `${gapMsMax} ms without a packet to the SIP side`);
    assert.equal(call.state, "talking");
    call.rtp.forget();
  }
  call.rtp.speak(await toneFile(TONES.customer, 8000));
  await hears(agent, ["customer"]);
  await agent.in("Active call").press("Mute");
  await hears(call, ["agent"]);
  await agent.press("Release");
});
