// Strategies that speak and ask: a menu, a message, and a site that is changed while it runs.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { TONES, toneFile } from "../lib/tones.js";
import { pause, until } from "../lib/wait.js";
import { level, loudShare } from "../lib/wav.js";

/** @typedef {import("../lib/pstn-call.js").PstnCall} PstnCall */

/** Presses a key as a carrier without events does. @param {PstnCall} call @param {string} key */
function press(call, key) {
  call.cseq += 1;
  const info = call.request("INFO");
  info.headers.push(["Content-Type", "application/dtmf-relay"]);
  info.body = `Signal=${key}\r\nDuration=160\r\n`;
  call.phone.send(info);
}

/** Somebody speaks to the caller. @param {PstnCall} call @param {string} file */
async function speaks(call, file) {
  const { samples } = await call.heard(file);
  const share = loudShare({ rate: 8000, samples }, -40);
  assert.ok(share > 0.2, `speech in ${Math.round(share * 100)} % of the time`);
  assert.ok(level(samples) > -45, `at ${level(samples).toFixed(0)} dB`);
}

story("a caller chooses from a menu and reaches the team", async (scene) => {
  const carrier = await scene.carrier();
  const call = await carrier.call({ to: "5901" });
  await call.answered();
  await pause(3000);
  await speaks(call, scene.file("menu.wav"));
  const desktop = await scene.readyAgent();
  await pause(500);
  assert.ok(!(await desktop.incoming.isVisible()), "nobody is rung while the caller is asked");
  press(call, "1");
  await desktop.rings();
  await desktop.press("Answer");
  await desktop.talks();
  call.hangUp();
  await desktop.afterCall.waitFor();
});

story("a caller leaves a message, which a supervisor hears", async (scene) => {
  const carrier = await scene.carrier();
  const call = await carrier.call({ to: "5901", says: await toneFile(TONES.customer, 8000) });
  await call.answered();
  press(call, "3");
  await pause(6000);
  press(call, "#");
  await call.ended();
  const supervisor = await scene.desktop("supervisor", "/recordings");
  await supervisor.signIn();
  await supervisor.region("Found recordings").waitFor();
  const messages = async () => {
    const { body } = await supervisor.rest("GET", "/api/v2/recordings?mailbox=Support");
    return body.recordings;
  };
  await until("a message", async () => (await messages()).length === 1);
  const [message] = await messages();
  assert.equal(message.mailbox, "Support");
  assert.equal(message.ani, "5551234567");
  assert.ok(message.durationMs > 1500, `${message.durationMs} ms`);
});

story("a skill that is given while the site runs counts for the next call", async (scene) => {
  const carrier = await scene.carrier();
  const admin = await scene.desktop("admin");
  await admin.signIn();
  await admin.page.getByRole("button", { name: /^Account of/ }).waitFor();
  const agent = await scene.readyAgent("agent5020");
  const waiting = await carrier.call();
  await waiting.progress(183);
  await pause(1000);
  assert.ok(!(await agent.incoming.isVisible()), "5020 has no Support");

  const path = "/api/v2/configuration/persons/agent5020";
  const { body } = await admin.rest("GET", path);
  body.object.skills.Support = 3;
  const changed = { version: body.version, object: body.object };
  const done = await admin.rest("PUT", path, changed);
  assert.equal(done.body.statusCode, 0, JSON.stringify(done.body));
  await agent.rings();
  const late = await admin.rest("PUT", path, changed);
  assert.equal(late.body.errorCode, "configuration_changed");
  const dn = `/api/v2/configuration/dns/5020?version=${done.body.version}`;
  const cut = await admin.rest("DELETE", dn);
  assert.match(cut.body.statusMessage, /DN 5020: it has a call/);
  await agent.press("Answer");
  await agent.talks();
  waiting.hangUp();
});
