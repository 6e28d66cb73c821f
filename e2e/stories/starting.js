// Starting, stopping, and starts that must fail with a useful word.

import assert from "node:assert/strict";
import net from "node:net";

import { Server, address } from "../lib/server.js";
import { story } from "../lib/story.js";

story("the program says where it serves, within two seconds, and stops politely", async (scene) => {
  const began = Date.now();
  const server = await scene.server();
  const ms = Date.now() - began;
  assert.ok(ms < 2000, `ready after ${ms} ms`);
  for (const name of /** @type {const} */ (["http", "https", "sip", "tserver", "stat"])) {
    assert.notEqual(address(server.at[name]).port, 0, name);
  }
  for (const path of ["/healthz", "/readyz", "/metrics", "/", "/phone"]) {
    const reply = await fetch(server.url + path);
    assert.equal(reply.status, 200, path);
  }
  assert.equal(await server.stop(), 0, "exit code after SIGTERM");
});

story("an unknown key in the configuration is named with its line and the right one", async () => {
  const { code, output } = await Server.fail("[ports]\nhttp = 0\nhtttps = 0\n");
  assert.notEqual(code, 0);
  assert.match(output, /:3\b/, output);
  assert.match(output, /htttps/, output);
  assert.match(output, /did you mean `?https`?/, output);
});

story("a busy port is named, with how to choose another", async () => {
  const holder = net.createServer();
  await new Promise((resolve) => holder.listen(0, "127.0.0.1", () => resolve(null)));
  try {
    const { port } = /** @type {net.AddressInfo} */ (holder.address());
    const others = ["https", "sip_ws", "sip", "tserver", "config", "stat", "media"];
    const zeros = others.map((name) => `${name} = 0`).join("\n");
    const { code, output } = await Server.fail(`[ports]\nhttp = ${port}\n${zeros}\n`);
    assert.notEqual(code, 0);
    assert.match(output, new RegExp(String(port)), output);
    assert.match(output, /in use|uses it/i, output);
    assert.match(output, /\bnode\b/, "it says who has the port");
    assert.match(output, /ports\.http|http\s*=|\[ports\]/, output);
    assert.doesNotMatch(output, /panicked/);
  } finally {
    holder.close();
  }
});
