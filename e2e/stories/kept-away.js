// Calls kept away from a phone: do not disturb, and sent to another.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";

story("do not disturb keeps calls away until it is ended", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent();
  await agent.choose("Do not disturb");
  await agent.page.getByText("Do not disturb is on").waitFor();
  const away = await carrier.call({ to: "5001" });
  assert.equal((await away.ended()).status, 486);
  const routed = await carrier.call();
  await routed.progress(183);
  assert.ok(!(await agent.incoming.isVisible()), "routed calls stay away too");
  const { body } = await agent.rest("GET", "/api/v2/me/devices?fields=*");
  assert.equal(body.devices[0].doNotDisturb, "On");
  routed.cancel();
  await routed.ended();

  await agent.press("Turn off");
  await agent.page.getByText("Do not disturb is on").waitFor({ state: "hidden" });
  const direct = await carrier.call({ to: "5001" });
  await agent.rings();
  direct.cancel();
  await direct.ended();

  const on = { operationName: "DoNotDisturbOn" };
  const asked = await agent.rest("POST", "/api/v2/me/devices/5001", on);
  assert.equal(asked.body.statusCode, 0, JSON.stringify(asked.body));
  await agent.page.getByText("Do not disturb is on").waitFor();
});

story("calls are forwarded to a colleague until it is ended", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent();
  const other = await scene.readyAgent("agent5002");
  await agent.choose("Forward calls…");
  await agent.fill("Number or name", "5002");
  await agent.press("Forward");
  await agent.page.getByText(/Your calls are forwarded to/).waitFor();
  const call = await carrier.call({ to: "5001" });
  await other.rings();
  assert.ok(!(await agent.incoming.isVisible()), "it rings there instead");
  await other.press("Answer");
  await Promise.all([call.answered(), other.talks()]);
  call.hangUp();

  const off = { operationName: "ForwardCallsOff" };
  const asked = await agent.rest("POST", "/api/v2/me/devices/5001", off);
  assert.equal(asked.body.statusCode, 0, JSON.stringify(asked.body));
  await agent.page.getByText(/Your calls are forwarded to/).waitFor({ state: "hidden" });
  const direct = await carrier.call({ to: "5001" });
  await agent.rings();
  direct.cancel();
  await direct.ended();
});
