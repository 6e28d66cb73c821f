// Why an agent takes no calls, as everybody sees it.

import assert from "node:assert/strict";

import { program } from "../lib/program.js";
import { story } from "../lib/story.js";
import { quietTalk } from "../lib/talk.js";

story("a reason for not being ready is chosen and shown to everybody", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent();
  const client = await program(scene, ["5001"]);
  await agent.press("Choose a reason");
  await agent.page.getByRole("menuitem", { name: "Lunch" }).click();
  await agent.state.locator(".agent-now").getByText("Lunch").waitFor();
  const { body } = await agent.rest("GET", "/api/v2/me/devices?fields=*");
  const { userState } = body.devices[0];
  assert.equal(userState.state, "NotReady");
  assert.equal(userState.reason, "Lunch");
  const told = await client.named("EventAgentNotReady", "5001");
  const reason = told.reasons.pairs.find((/** @type {any} */ pair) => pair.key === "ReasonCode");
  assert.equal(reason.str, "Lunch");

  const call = await carrier.call();
  await call.progress(183);
  assert.ok(!(await agent.incoming.isVisible()), "no call comes");
  await agent.ready();
  await agent.rings();
  call.cancel();
  await call.ended();
});

story("after-call work ends by itself, or lasts as long as is asked for", async (scene) => {
  const { agent, customer } = await quietTalk(scene);
  customer.hangUp();
  await agent.showsState("After-call work");
  const began = Date.now();
  await agent.showsState("Ready", 25_000);
  const seconds = (Date.now() - began) / 1000;
  assert.ok(seconds > 17, `20 s are given, not ${seconds}`);

  const wish = { state: "AfterCallWork", wrapUpTime: 3600 };
  const asked = await agent.rest("PUT", "/api/v2/me/state", wish);
  assert.equal(asked.body.statusCode, 0, JSON.stringify(asked.body));
  await agent.showsState("After-call work");
  const { body } = await agent.rest("GET", "/api/v2/me/devices?fields=*");
  const left = (body.devices[0].userState.wrapUpEndsAt - Date.now()) / 1000;
  assert.ok(left > 3500 && left < 3610, `${left} s are left`);
  await agent.press("Complete");
  await agent.showsState("Ready");
});
