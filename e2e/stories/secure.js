// The same over TLS, as a site with a certificate serves it.

import assert from "node:assert/strict";
import { once } from "node:events";

import { WebSocket } from "ws";

import { story } from "../lib/story.js";
import { within } from "../lib/wait.js";

story("G26: over HTTPS the phone registers by secure WebSocket and takes a call", async (scene) => {
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

story("SIP over secure WebSocket is answered on its own port too", async (scene) => {
  const server = await scene.server();
  const socket = new WebSocket(`wss://${server.at.sips_ws}/ws`, "sip", {
    rejectUnauthorized: false,
  });
  scene.finally(async () => socket.close());
  await within(once(socket, "open"), "the upgrade");
  assert.equal(socket.protocol, "sip");
  const reply = within(once(socket, "message"), "an answer to OPTIONS");
  socket.send([
    "OPTIONS sip:5001@cordboard.invalid SIP/2.0",
    "Via: SIP/2.0/WSS client.invalid;branch=z9hG4bK776asdhds",
    "Max-Forwards: 70", "From: <sip:a@client.invalid>;tag=1", "To: <sip:5001@cordboard.invalid>",
    "Call-ID: ws-options", "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
  ].join("\r\n"));
  const [message] = await reply;
  assert.match(String(message), /^SIP\/2\.0 \d{3} /);
});

story("G26: pages come with headers that keep strangers out", async (scene) => {
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
