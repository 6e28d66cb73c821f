// What the genuine desktop asks for while it starts, in its order, as far as voice goes.

import assert from "node:assert/strict";

import { register } from "../lib/register.js";
import { RestClient, basic } from "../lib/rest.js";
import { story } from "../lib/story.js";

story("G13: the genuine desktop's start-up is answered in its own order", async (scene) => {
  const phone = await scene.carrier();
  const server = await scene.server();
  assert.equal((await register(phone, "5005", "demo", "MD5")).final.status, 200);
  const client = new RestClient(server);
  const first = "/api/v2/me?subresources=features,devices,channels";

  assert.equal((await client.get(first)).status, 403, "is there a live session? No.");
  const me = await client.get(first, basic("agent5005", "demo"));
  assert.equal(me.status, 200);
  assert.equal(me.body.statusCode, 0);
  const { user } = me.body;
  assert.equal(user.userName, "agent5005");
  assert.ok(user.features.some((/** @type {any} */ one) => one.id === "api-voice"));
  const device = user.devices[0];
  assert.equal(device.phoneNumber, "5005");

  for (const path of [
    "/api/v2/services?fields=*",
    "/api/v2/me/groups?type=BusinessUnit&fields=*",
    "/api/v2/groups?type=dispositions&fields=*",
    `/api/v2/me/devices/${device.id}/settings/tserver`,
  ]) {
    const reply = await client.get(path);
    assert.equal(reply.status, 200, path);
    assert.equal(reply.body.statusCode, 0, path);
  }

  const start = await client.post("/api/v2/me", {
    operationName: "StartContactCenterSession",
    channels: ["voice"],
  });
  assert.equal(start.body.statusCode, 0, JSON.stringify(start.body));
  assert.equal((await client.get(`/api/v2/contacts/${user.id}?type=User`)).status, 200);
  const version = await client.get("/api/v2/diagnostics/version");
  assert.equal(typeof version.body.version, "string");
  const kinds = "devices,calls,channels,interactions,chats";
  const all = await client.get(`/api/v2/me/?subresources=${kinds}`);
  assert.equal(all.status, 200, "with a slash after me");
  assert.deepEqual(all.body.user.calls, []);

  for (const operationName of ["NotReady", "Ready"]) {
    const reply = await client.post("/api/v2/me/channels/voice", { operationName });
    assert.equal(reply.body.statusCode, 0, `${operationName}: ${JSON.stringify(reply.body)}`);
  }
  const devices = await client.get("/api/v2/me/devices?fields=*");
  const [now] = devices.body.devices;
  assert.equal(now.userState.state, "Ready");
  assert.equal(now.userState.id, "9430250E-0A1B-421F-B372-F29E69366DED");
  assert.equal(now.deviceState, "Active");

  const end = await client.post("/api/v2/me", { operationName: "EndContactCenterSession" });
  assert.equal(end.body.statusCode, 0);
  assert.equal((await client.get("/api/v2/me")).status, 403, "the session is over");
});

story("an unknown resource is 404 with statusCode 6, and a bad body is told so", async (scene) => {
  const client = new RestClient(await scene.server());
  await client.post("/api/v2/login", { username: "agent5006", password: "demo" });
  await client.get("/api/v2/me");
  const call = await client.put("/api/v2/me/calls/00015ABC1234", { action: "answer" });
  assert.ok([2, 6].includes(call.body.statusCode), JSON.stringify(call.body));
  const odd = await client.get("/api/v2/me/nonsense");
  assert.equal(odd.status, 404);
  assert.equal(odd.body.statusCode, 6);
  const empty = await client.put("/api/v2/me/state", {});
  assert.equal(empty.body.statusCode, 1, JSON.stringify(empty.body));
});
