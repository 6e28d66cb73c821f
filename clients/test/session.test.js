// The TypeScript client's session with the real program: refusals, and going on where it was.

import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { test } from "node:test";

import { CORDBOARD } from "../../e2e/lib/paths.js";
import { Server } from "../../e2e/lib/server.js";
import { Closed, kvList, pairs, Refused, TServer } from "../typescript/dist/src/index.js";

const skip = await access(CORDBOARD).then(() => false, () => `there is no ${CORDBOARD}`);

test("lists keep their order and repeated keys", () => {
  /** @type {import("../typescript/dist/src/index.js").Pairs} */
  const values = [["a", 1], ["b", "x"], ["a", [["c", "y"], ["n", -7]]]];
  assert.deepEqual(pairs(kvList(values)), values);
  assert.deepEqual(pairs(kvList({ a: 1 })), [["a", 1]]);
});

test("a lost session goes on where it was", { skip, timeout: 30_000 }, async () => {
  const server = await Server.start();
  const open = () => new TServer(server.at.tserver);
  try {
    const lost = open();
    const { value: link } = await lost.events().next();
    assert.ok(link?.server_start_time);
    const last = (await lost.register("5001")).event_sequence_number;
    lost.close();
    await assert.rejects(lost.ask("query_server", {}), Closed);

    const other = open();
    await other.register("5001");
    const conn_id = "0000000000000001";
    await assert.rejects(other.ask("hold_call", { this_dn: "5001", conn_id }), Refused);
    const work_mode = "AGENT_WORK_MODE_MANUAL_IN";
    await other.ask("agent_login", { this_dn: "5001", agent_id: "5001", work_mode });
    await other.ask("agent_logout", { this_dn: "5001" });
    other.close();

    const back = open();
    await assert.rejects(back.resume(last, link.server_start_time - 1, "5001"), Refused);
    assert.equal((await back.resume(last, link.server_start_time, "5001")).this_dn, "5001");
    const told = [];
    for await (const { name } of back.events()) {
      told.push(name);
      if (name === "EventRegistered") break;
    }
    assert.deepEqual(told.slice(0, 3), ["EventLinkConnected", "EventError", "EventAgentLogin"]);
    assert.deepEqual(told.slice(-2), ["EventAgentLogout", "EventRegistered"]);
    back.close();
  } finally {
    await server.kill();
  }
});
