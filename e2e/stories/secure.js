// The same over TLS, as a site with a certificate serves it.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";

story("over HTTPS the phone registers by secure WebSocket and takes a call", async (scene) => {
  const carrier = await scene.carrier();
  const server = await scene.server();
  const desktop = await scene.desktop("agent5001");
  const sockets = /** @type {string[]} */ ([]);
  desktop.page.on("websocket", (socket) => sockets.push(socket.url()));
  await desktop.page.goto(`https://${server.at.https}/`);
  await desktop.signIn();
  await desktop.registered();
  assert.ok(sockets.length > 0 && sockets.every((url) => url.startsWith("wss://")), `${sockets}`);
  await desktop.ready();
  const call = await carrier.call();
  await desktop.rings();
  await desktop.press("Answer");
  await Promise.all([desktop.talks(), call.answered()]);
  call.hangUp();
  await desktop.afterCall.waitFor();
});

story("pages come with headers that keep strangers out", async (scene) => {
  const server = await scene.server();
  const page = await fetch(`${server.url}/`);
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src|script-src/);
  assert.doesNotMatch(policy, /script-src[^;]*'unsafe-inline'/);
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  assert.match(page.headers.get("cache-control") ?? "", /no-store|no-cache/);
  const asset = /(?:src|href)="(\/assets\/[^"]+)"/.exec(await page.text())?.[1];
  assert.ok(asset, "the page loads hashed files");
  const file = await fetch(server.url + asset);
  assert.match(file.headers.get("cache-control") ?? "", /immutable/);
});
