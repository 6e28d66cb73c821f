// Calls are recorded on two channels, with gaps where nothing may be kept, and found again.

import assert from "node:assert/strict";

import { carrierOfChanged } from "../lib/site.js";
import { story } from "../lib/story.js";
import { talk } from "../lib/talk.js";
import { TONES, hears, toneFile, tonesIn } from "../lib/tones.js";
import { pause, until } from "../lib/wait.js";

/** @typedef {import("../lib/desktop.js").Desktop} Desktop */
/** @typedef {import("../lib/story.js").Scene} Scene */

/** The recordings of the site, newest first. @param {Desktop} supervisor */
async function recordings(supervisor) {
  const { body } = await supervisor.rest("GET", "/api/v2/recordings");
  assert.equal(body.statusCode, 0, JSON.stringify(body));
  return body.recordings;
}

/** A supervisor at the page of recordings, who sees one. @param {Scene} scene */
async function listener(scene) {
  const supervisor = await scene.desktop("supervisor", "/recordings");
  await supervisor.signIn();
  const table = supervisor.region("Found recordings");
  await table.getByRole("row").nth(1).waitFor();
  return supervisor;
}

/** Until there is one that has ended. @param {Desktop} supervisor */
async function recorded(supervisor) {
  await until("a recording", async () => (await recordings(supervisor)).length > 0);
  return (await recordings(supervisor))[0];
}

/** Both channels as the browser's own decoder reads them, 8000 samples a second.
 * @param {Desktop} supervisor @param {string} id */
async function channels(supervisor, id) {
  const sound = await supervisor.page.evaluate(async (id) => {
    const reply = await fetch(`/api/v2/recordings/${id}/audio`);
    const context = new OfflineAudioContext(2, 1, 8000);
    const decoded = await context.decodeAudioData(await reply.arrayBuffer());
    const integers = (/** @type {number} */ channel) =>
      Array.from(decoded.getChannelData(channel), (sample) => Math.round(sample * 32767));
    return [integers(0), integers(1)];
  }, id);
  return sound.map((channel) => Int16Array.from(channel));
}

/** Who is on a channel between two moments. @param {Int16Array | undefined} channel
 * @param {number} from @param {number} to in milliseconds */
function between(channel, from, to) {
  assert.ok(channel);
  return tonesIn(channel.subarray(from * 8, to * 8), 8000);
}

/** @param {Desktop} agent @param {RegExp} words */
async function shows(agent, words) {
  await agent.page.getByRole("group", { name: "Recording" }).filter({ hasText: words }).waitFor();
}

story("an agent records a call but for a card number, and a supervisor hears it", async (scene) => {
  const { agent, customer } = await talk(scene);
  await hears(agent, ["customer"]);
  const buttons = agent.page.getByRole("group", { name: "Recording" });
  const press = (/** @type {string} */ name) =>
    buttons.getByRole("button", { name, exact: true }).click();
  await press("Record");
  await shows(agent, /^Recording/);
  await pause(SECTION_MS);
  await press("Pause recording");
  await shows(agent, /paused/i);
  await agent.picture(scene.file("paused.png"));
  await pause(SECTION_MS);
  await press("Resume recording");
  await shows(agent, /^Recording/);
  await pause(SECTION_MS);
  await press("Stop");
  await shows(agent, /Recording ended/);
  await hears(customer, ["agent"]);
  const refused = await agent.rest("GET", "/api/v2/recordings");
  assert.equal(refused.status, 403);
  await agent.press("Release");

  const supervisor = await listener(scene);
  const { id, dn, durationMs, gaps } = await recorded(supervisor);
  assert.equal(dn, "5001");
  const [[from, to]] = gaps;
  assert.ok(from > SECTION_MS - 300 && to - from > SECTION_MS - 300, JSON.stringify(gaps));
  const [left, right] = await channels(supervisor, id);
  assert.ok(Math.abs((left?.length ?? 0) / 8 - durationMs) < 100, `${left?.length} ${durationMs}`);
  for (const [begin, end] of [[200, from - 100], [to + 400, durationMs - 100]]) {
    assert.deepEqual(between(left, begin ?? 0, end ?? 0), ["customer"]);
    assert.deepEqual(between(right, begin ?? 0, end ?? 0), ["agent"]);
  }
  // A short tone marks the gap at both ends; nobody is heard in it.
  for (const channel of [left, right]) assert.deepEqual(between(channel, from + 300, to - 300), []);

  const table = supervisor.region("Found recordings");
  await table.getByRole("button", { name: /^Play|^Listen/ }).first().click();
  const slider = supervisor.page.getByRole("slider", { name: "Position" });
  await slider.waitFor();
  await supervisor.page.getByRole("button", { name: "Play", exact: true }).click();
  await until("the player to move", async () => {
    return Number(await slider.getAttribute("aria-valuenow")) > 0.5;
  });
  await supervisor.picture(scene.file("player.png"));
});

story("a DN that is always recorded is, to the end, and its agent can't stop it", async (scene) => {
  const rule = "UPDATE dns SET record = 'always' WHERE dn = '5001'";
  const carrier = await carrierOfChanged(scene, rule);
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const customer = await carrier.call({ says: await toneFile(TONES.customer, 8000) });
  await agent.rings();
  await agent.press("Answer");
  await shows(agent, /^Recording/);
  const { capabilities, recordingState } = await agent.call();
  assert.equal(recordingState, "Recording");
  assert.ok(capabilities.includes("PauseRecording"));
  assert.ok(!capabilities.includes("StopRecording"), capabilities.join(" "));
  await hears(customer, ["agent"]);
  await agent.press("Hold");
  await hears(customer, []);
  await pause(SECTION_MS);
  await customer.hangUp();

  const supervisor = await listener(scene);
  const { id, durationMs } = await recorded(supervisor);
  const [left, right] = await channels(supervisor, id);
  assert.deepEqual(between(left, 300, 1000), ["customer"]);
  assert.deepEqual(between(right, 300, 1000), ["agent"]);
  // On hold neither side is kept, nor the music.
  const end = durationMs - 200;
  for (const channel of [left, right]) assert.deepEqual(between(channel, end - 900, end), []);
});

story("a full disk ends recordings, raises an alarm and leaves calls alone", async (scene) => {
  const configuration = "[recording]\nkeep_free_mb = 1000000000";
  await scene.server({ configuration });
  scene.expectedComplaint = /recording/i;
  const { agent, customer } = await talk(scene);
  const buttons = agent.page.getByRole("group", { name: "Recording" });
  await buttons.getByRole("button", { name: "Record", exact: true }).click();
  await shows(agent, /failed/i);
  await hears(agent, ["customer"]);
  await hears(customer, ["agent"]);
  const supervisor = await scene.desktop("supervisor", "/monitor");
  await supervisor.signIn();
  await supervisor.page.getByText(/recording/i).first().waitFor();
  const { body } = await supervisor.rest("GET", "/api/v2/monitor");
  const [alarm] = body.monitor.alarms;
  assert.deepEqual([alarm.name, alarm.severity], ["recording-disk-full", "critical"]);
  await supervisor.picture(scene.file("alarm.png"));
});

const SECTION_MS = 1500;
