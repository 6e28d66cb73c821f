// Connections on which nobody says anything.

import assert from "node:assert/strict";
import http from "node:http";

import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

story("G25: an idle WebSocket is pinged before a proxy would close it", async (scene) => {
  const server = await scene.server();
  const request = http.request(`${server.url}/ws`, {
    headers: {
      Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "sip",
      Origin: server.url,
    },
  });
  /** @type {Promise<import("node:net").Socket>} */
  const upgraded = new Promise((resolve, reject) => {
    request.on("upgrade", (_, socket) => resolve(socket));
    request.on("response", ({ statusCode }) => reject(new Error(`refused: ${statusCode}`)));
    request.on("error", reject);
  });
  request.end();
  const socket = await upgraded;
  let pings = 0;
  let closed = false;
  socket.on("data", (bytes) => {
    // RFC 6455 5.2: FIN and opcode 9.
    if (bytes[0] === 0x89) pings += 1;
  });
  socket.on("close", () => {
    closed = true;
  });
  // The first comes at once: the second shows the beat.
  await until("a second ping within the 60 s of nginx", () => pings > 1, 58_000);
  assert.equal(closed, false);
  socket.destroy();
});
