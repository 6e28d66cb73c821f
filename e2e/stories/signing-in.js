// Signing in, and the plain words when something is not possible.

import assert from "node:assert/strict";

import { RestClient, basic } from "../lib/rest.js";
import { story } from "../lib/story.js";

story("a wrong password is refused with a word that a person understands", async (scene) => {
  const desktop = await scene.desktop("agent5001");
  await desktop.signIn("wrong");
  const alert = desktop.page.getByRole("alert");
  await alert.waitFor();
  assert.match((await alert.textContent()) ?? "", /password|user name/i);
});

story("without a session the API answers 403 with statusCode 20", async (scene) => {
  const client = new RestClient(await scene.server());
  const reply = await client.get("/api/v2/me");
  assert.equal(reply.status, 403);
  assert.equal(reply.body.statusCode, 20);
  const allowed = await client.get("/api/v2/me", basic("agent5001", "demo"));
  assert.equal(allowed.status, 200);
  assert.equal(allowed.body.user.userName, "agent5001");
});

story("a POST with the cookie but without the CSRF token is refused", async (scene) => {
  const client = new RestClient(await scene.server());
  const login = await client.post("/api/v2/login", { username: "agent5001", password: "demo" });
  assert.equal(login.status, 200, JSON.stringify(login.body));
  await client.get("/api/v2/me");
  assert.notDeepEqual(client.csrf, {}, "a token is given");
  client.csrf = {};
  const state = { state: "NotReady" };
  const reply = await client.put("/api/v2/me/state", state);
  assert.equal(reply.status, 403, JSON.stringify(reply.body));
});

story("G13: going Ready with an unregistered phone is refused in plain words", async (scene) => {
  const client = new RestClient(await scene.server());
  await client.post("/api/v2/login", { username: "agent5003", password: "demo" });
  await client.get("/api/v2/me");
  const start = await client.post("/api/v2/me", {
    operationName: "StartContactCenterSession",
    channels: ["voice"],
  });
  assert.ok([0, 4, 7].includes(start.body.statusCode), JSON.stringify(start.body));
  const ready = await client.put("/api/v2/me/state", { state: "Ready" });
  assert.notEqual(ready.body.statusCode, 0, JSON.stringify(ready.body));
  assert.match(ready.body.statusMessage, /not registered/i);
  assert.match(ready.body.statusMessage, /5003/);
});

story("a second login of the same agent is refused in plain words", async (scene) => {
  await scene.readyAgent("agent5004");
  const other = await scene.desktop("agent5004");
  await other.signIn();
  await other.page.getByText(/already (signed|logged) (in|on)|in use/i).first().waitFor();
});
