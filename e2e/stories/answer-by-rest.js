// The same call answered through the API, and ended by the agent.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

story("a call answered by PUT is connected, and Release sends BYE to the caller", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call();
  await desktop.rings();

  const ringing = await until("the call in the API", () => desktop.call());
  assert.equal(ringing.state, "Ringing");
  assert.ok(ringing.capabilities.includes("Answer"));
  const answer = await desktop.rest("PUT", `/api/v2/me/calls/${ringing.id}`, { action: "answer" });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.statusCode, 0);
  await Promise.all([desktop.talks(), call.answered()]);

  const established = await desktop.call();
  assert.equal(established.state, "Established");
  assert.ok(established.capabilities.includes("Hangup"));
  assert.ok(!established.capabilities.includes("Answer"));

  await desktop.press("Release");
  const end = await call.ended();
  assert.equal(end.by, "them");
  assert.equal(end.message?.method, "BYE");
  await desktop.afterCall.waitFor();
  assert.equal(await desktop.call(), undefined, "the call is gone");

  const late = await desktop.rest("PUT", `/api/v2/me/calls/${ringing.id}`, { action: "answer" });
  assert.equal(late.body.statusCode, 2, JSON.stringify(late));
  assert.ok(late.body.statusMessage.length > 10, "it says what is wrong");
});

story("a call is answered in the genuine form, by its ConnID too", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const call = await carrier.call();
  await desktop.rings();
  const { connId } = await until("the call in the API", () => desktop.call());
  assert.match(connId, /^[0-9a-f]{16}$/);
  const path = `/api/v2/me/calls/${connId}`;
  const answer = await desktop.rest("POST", path, { operationName: "Answer" });
  assert.equal(answer.body.statusCode, 0, JSON.stringify(answer));
  await Promise.all([desktop.talks(), call.answered()]);
  const hangUp = await desktop.rest("POST", path, { operationName: "Hangup" });
  assert.equal(hangUp.body.statusCode, 0, JSON.stringify(hangUp));
  assert.equal((await call.ended()).by, "them");
});
