// Calls that wait: music, an agent who becomes free, a caller who gives up.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { pause } from "../lib/wait.js";
import { level, loudShare } from "../lib/wav.js";

story("a waiting caller hears music, and is connected once an agent is ready", async (scene) => {
  const carrier = await scene.carrier();
  const call = await carrier.call();
  const early = await call.progress(183);
  assert.match(early.body, /m=audio \d+ RTP\/AVP/, "early media has a description");
  await pause(3000);
  const music = await call.heard(scene.file("music.wav"));
  assert.ok(music.packets > 120, `${music.packets} packets in three seconds`);
  const loud = loudShare({ rate: 8000, samples: music.samples }, -45);
  assert.ok(loud > 0.5, `music in ${Math.round(loud * 100)} % of the time`);
  assert.ok(level(music.samples) < -3, "music is not clipped");
  assert.equal(call.state, "calling", "waiting is not answering");
  assert.deepEqual(call.told, [100, 183], "nobody's phone rings, so no ringing is told");

  const desktop = await scene.readyAgent();
  await desktop.rings();
  await desktop.press("Answer");
  await Promise.all([desktop.talks(), call.answered()]);
  call.hangUp();
  await desktop.afterCall.waitFor();
});

story("a caller who gives up in the queue gets 487 and leaves nothing behind", async (scene) => {
  const carrier = await scene.carrier();
  const call = await carrier.call();
  await call.progress(183);
  call.cancel();
  const end = await call.ended();
  assert.equal(end.status, 487);

  // Had anything been left, the agent who now becomes ready would be rung.
  const desktop = await scene.readyAgent();
  await pause(1500);
  assert.ok(!(await desktop.incoming.isVisible()), "no ghost rings");
  assert.equal(await desktop.call(), undefined);
});

story("a caller who gives up while the agent's phone rings stops the ringing", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call();
  await desktop.rings();
  call.cancel();
  assert.equal((await call.ended()).status, 487);
  await desktop.incoming.waitFor({ state: "hidden" });
  await desktop.showsState("Ready");
  assert.equal((await desktop.facts())?.callPhase, null, "the phone is quiet");

  const next = await carrier.call({ from: "5550000001" });
  await desktop.rings();
  next.cancel();
  assert.equal((await next.ended()).status, 487);
});
