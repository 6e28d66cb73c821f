// The Stat Server's figures of real calls: by gRPC, by REST and CometD, and over a restart.

import assert from "node:assert/strict";

import { Subscriber } from "../lib/bayeux.js";
import { RestClient, basic } from "../lib/rest.js";
import { Server } from "../lib/server.js";
import { StatClient } from "../lib/stat.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

const PEEK = "/api/v2/statistics/peek?objectType=Queue&objectId=VQ_Support&name=";

/** @param {RestClient} client @param {string} name */
async function peek(client, name) {
  const { body } = await client.get(PEEK + name, basic("supervisor", "demo"));
  return body.statistics[0].value;
}

story("a program on port 2020 is told what an agent and a queue do", async (scene) => {
  const carrier = await scene.carrier();
  const desktop = await scene.readyAgent();
  const employee = "5001";
  const stat = new StatClient((await scene.server()).at.stat);
  scene.finally(async () => stat.close());
  stat.open(1, `Agent/${employee}`, "CurrentAgentState");
  stat.open(2, "Queue/VQ_Support", "Total_Answered");
  stat.open(3, `Agent/${employee}`, "InboundCalls");
  stat.open(4, "Queue/VQ_Support", "ServiceLevel", { time_range: "0-30" });
  stat.open(5, "Queue/Nowhere", "ServiceLevel");
  await stat.says(1, "WaitForNextCall");
  await until("the refusal", () => stat.errors.find(({ reference }) => reference === 5));
  assert.equal(stat.errors[0]?.message, "`Nowhere` is no Queue");

  const customer = await carrier.call();
  await desktop.rings();
  await stat.says(1, "CallRinging");
  await desktop.press("Answer");
  await Promise.all([desktop.talks(), customer.answered()]);
  await stat.says(1, "CallInbound");
  await stat.says(2, 1);
  await stat.says(4, 100);
  customer.hangUp();
  await stat.says(1, "AfterCallWork");
  await stat.says(3, 1);
});

story("CometD brings a subscription's values, and a restart loses no counter", async (scene) => {
  const carrier = await scene.carrier();
  const server = await scene.server();
  const desktop = await scene.desktop("supervisor", "/monitor");
  await desktop.signIn();
  await desktop.region("Queues").waitFor();
  const client = await RestClient.like(server, desktop.page);
  const subscriber = await Subscriber.open(client, "websocket", ["/v2/statistics"]);
  scene.finally(() => subscriber.close());
  const opened = await client.request("POST", "/api/v2/statistics", {
    statistics: [
      { tag: "waiting", objectType: "Queue", objectId: "VQ_Support", name: "Current_In_Queue" },
      { tag: "entered", objectType: "Queue", objectId: "VQ_Support", name: "Total_Entered" },
    ],
  });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  assert.deepEqual(opened.body.statistics.map((/** @type {any} */ one) => one.value), [0, 0]);
  const { subscriptionId } = opened.body;
  /** @param {string} tag */
  const newest = (tag) => {
    const told = subscriber.told.filter(({ data }) => data.subscriptionId === subscriptionId);
    const values = told.flatMap(({ data }) => data.statistics);
    return values.findLast((value) => value.tag === tag)?.value;
  };

  const customer = await carrier.call();
  await customer.progress(183);
  await until("the waiting call", () => newest("waiting") === 1 && newest("entered") === 1);
  customer.cancel();
  await until("the end of the wait", () => newest("waiting") === 0);
  assert.equal(await peek(client, "Total_Abandoned"), 1);

  server.child.kill("SIGTERM");
  assert.equal(await server.ended, 0);
  const again = await Server.again(server);
  scene.finally(() => again.kill());
  const later = new RestClient(again);
  assert.deepEqual(
    [await peek(later, "Total_Entered"), await peek(later, "Total_Abandoned")], [1, 1],
  );
  const { body } = await later.get("/api/v2/monitor", basic("supervisor", "demo"));
  const queue = body.monitor.queues.find((/** @type {any} */ one) => one.name === "VQ_Support");
  assert.deepEqual([queue.hour.offered, queue.today.abandoned], [1, 1]);
});
