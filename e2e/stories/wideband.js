// More than a telephone carries: voices that keep what is above 4 kHz wherever both ends can do it.

import assert from "node:assert/strict";

import { Baresip } from "../lib/baresip.js";
import { outFolder } from "../lib/paths.js";
import { story } from "../lib/story.js";
import { TONES, hears, toneFile } from "../lib/tones.js";

story("agents hear each other beyond a telephone's band, customers within it", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "whistle");
  const other = await scene.hummingAgent("agent5002", "hiss");
  await agent.dial("5002");
  await other.rings();
  await other.press("Answer");
  await Promise.all([agent.talks(), other.talks()]);
  await hears(agent, ["hiss"]);
  await hears(other, ["whistle"]);
  await agent.press("Release");
  await other.afterCall.waitFor();

  carrier.manner = { says: await toneFile(TONES.callee, 8000) };
  await agent.press("Complete");
  await agent.dial("5559876543");
  const callee = await carrier.called("5559876543");
  await hears(agent, ["callee"]);
  await hears(callee, []);
  callee.hangUp();
});

story("an agent and a G.722 telephone hear each other beyond the usual band", async (scene) => {
  const server = await scene.server();
  const folder = outFolder("stories", scene.slug, `run-${process.pid}`);
  const voice = await toneFile(TONES.hiss, 16_000);
  const phone = await Baresip.phone(folder, "5002", server.at.sip ?? "", voice, "udp", "", "g722");
  scene.finally(() => phone.close());
  const agent = await scene.hummingAgent("agent5001", "whistle");
  await agent.dial("5002");
  await phone.accept();
  await agent.talks();
  await hears(agent, ["hiss"]);
  await hears(phone, ["whistle"]);
  assert.match(phone.output, /G722/);
  await agent.press("Release");
  await phone.says(/session closed|terminated/);

  // It calls, and its own choice of codecs is followed.
  phone.tell(`/dial sip:5001@${server.at.sip}`);
  await agent.rings();
  await agent.press("Answer");
  await hears(agent, ["hiss"]);
  await hears(phone, ["whistle"]);
  await agent.press("Release");
});
