// A supervisor in the browser: listens, coaches, barges in, and leaves without a trace.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { quietTalk, talk } from "../lib/talk.js";
import { TONES, hears, toneFile } from "../lib/tones.js";
import { until } from "../lib/wait.js";

/** @typedef {import("../lib/desktop.js").Desktop} Desktop */

/** Until the panel says so. @param {Desktop} supervisor @param {RegExp} words */
async function says(supervisor, words) {
  const status = supervisor.page.getByRole("status", { name: "Monitoring" });
  await status.filter({ hasText: words }).waitFor();
}

/** Until the supervisor's phone has no call. @param {Desktop} supervisor */
async function phoneIsFree(supervisor) {
  await until("the end of the supervisor's call", async () => {
    return (await supervisor.facts())?.callPhase === null;
  });
}

/** @param {Desktop} supervisor @param {Record<string, unknown>} operation */
async function ask(supervisor, operation) {
  const { body } = await supervisor.rest("POST", "/api/v2/me/devices/5050", operation);
  assert.equal(body.statusCode, 0, JSON.stringify(body));
}

/** @param {Desktop} supervisor */
async function device(supervisor) {
  const { body } = await supervisor.rest("GET", "/api/v2/me/devices?fields=*");
  return body.devices[0];
}

story("a supervisor listens, coaches and barges in by the desktop's panel", async (scene) => {
  const { agent, customer } = await talk(scene);
  const supervisor = await scene.hummingAgent("supervisor", "supervisor");
  const panel = supervisor.in("Supervise");
  const box = supervisor.region("Supervise").getByRole("combobox", { name: "Agent or number" });
  await box.fill("5001");

  await panel.press("Listen");
  await supervisor.talks();
  await says(supervisor, /Listening to/);
  await hears(supervisor, ["agent", "customer"]);
  await hears(agent, ["customer"]);
  await hears(customer, ["agent"]);

  await panel.press("Coach");
  await says(supervisor, /Coaching/);
  await hears(agent, ["customer", "supervisor"]);
  await hears(customer, ["agent"]);
  await hears(supervisor, ["agent", "customer"]);
  await supervisor.picture(scene.file("coach.png"));

  await panel.press("Barge in");
  await says(supervisor, /In the call of/);
  await hears(customer, ["agent", "supervisor"]);
  await hears(agent, ["customer", "supervisor"]);

  await panel.press("Listen");
  await says(supervisor, /Listening to/);
  await hears(customer, ["agent"]);
  await hears(agent, ["customer"]);

  await panel.press("Stop");
  await says(supervisor, /Not monitoring/);
  await phoneIsFree(supervisor);
  await hears(agent, ["customer"]);
  assert.equal(customer.state, "talking", "the customer noticed nothing");
});

story("a supervisor waits for an agent's calls and hears each, by REST", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.hummingAgent("agent5001", "agent");
  await agent.ready();
  const supervisor = await scene.hummingAgent("supervisor", "supervisor");
  assert.equal((await device(supervisor)).supervisorMonitoringState.state, "Off");
  await ask(supervisor, { operationName: "Coach", phoneNumber: "5001" });
  const { capabilities, supervisorMonitoringState: waiting } = await device(supervisor);
  assert.equal(waiting.state, "Coach");
  assert.equal(waiting.mode, "AllCalls");
  assert.equal(waiting.phoneNumber, "5001");
  assert.ok(capabilities.includes("CancelSupervisorMonitoring"));

  const says = await toneFile(TONES.customer, 8000);
  const customer = await carrier.call({ says });
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([customer.answered(), agent.talks(), supervisor.talks()]);
  await hears(agent, ["customer", "supervisor"]);
  await hears(customer, ["agent"]);
  await ask(supervisor, { operationName: "BargeIn", phoneNumber: "5001" });
  await hears(customer, ["agent", "supervisor"]);
  await ask(supervisor, { operationName: "ListenIn", phoneNumber: "5001" });
  await hears(customer, ["agent"]);
  await hears(supervisor, ["agent", "customer"]);
  customer.hangUp();
  await phoneIsFree(supervisor);

  await agent.press("Complete");
  const next = await carrier.call({ from: "5550000002", says });
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([next.answered(), agent.talks(), supervisor.talks()]);
  await hears(supervisor, ["agent", "customer"]);
  await ask(supervisor, { operationName: "CancelSupervisorMonitoring" });
  await phoneIsFree(supervisor);
  assert.equal((await device(supervisor)).supervisorMonitoringState.state, "Off");
  await hears(next, ["agent"]);
});

story("a supervisor who wants one call hears that one, and agents hear nobody's", async (scene) => {
  const { carrier, agent, customer } = await quietTalk(scene);
  const supervisor = await scene.signedInAgent("supervisor");
  const wish = { operationName: "ListenIn", phoneNumber: "5001" };
  await ask(supervisor, { ...wish, supervisorMonitoringMode: "NextCall" });
  await supervisor.talks();
  customer.hangUp();
  await phoneIsFree(supervisor);
  await agent.press("Complete");
  const next = await carrier.call({ from: "5550000002" });
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([next.answered(), agent.talks()]);
  await until("the end of the wish", async () => {
    return (await device(supervisor)).supervisorMonitoringState.state === "Off";
  });
  assert.equal((await supervisor.facts())?.callPhase, null, "the next call is not heard");

  const curious = { operationName: "ListenIn", phoneNumber: "5050" };
  const refused = await agent.rest("POST", "/api/v2/me/devices/5001", curious);
  assert.equal(refused.status, 403);
  assert.equal(refused.body.errorCode, "NotASupervisor");
  assert.ok(!(await agent.region("Supervise").isVisible()), "nothing to press either");
});
