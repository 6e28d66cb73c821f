// What an agent writes down about a call goes where the call goes.

import assert from "node:assert/strict";

import { program } from "../lib/program.js";
import { story } from "../lib/story.js";
import { quietTalk } from "../lib/talk.js";
import { until } from "../lib/wait.js";

/** The value shown for a name. @param {import("../lib/desktop.js").Desktop} desktop
 * @param {string} name @param {string} value */
async function shows(desktop, name, value) {
  const data = desktop.region("Interaction data");
  const row = data.locator("dl > div").filter({ hasText: name });
  await row.getByText(value, { exact: true }).waitFor();
}

story("data written by one agent are the other's after a transfer", async (scene) => {
  const { agent, customer } = await quietTalk(scene);
  const other = await scene.signedInAgent("agent5002");
  const client = await program(scene, ["5001", "5002"]);
  const data = agent.region("Interaction data");
  await data.getByRole("button", { name: "Add data" }).click();
  await data.getByRole("textbox", { name: "Name of the data" }).fill("order");
  await data.getByRole("textbox", { name: "Value" }).fill("A-17");
  await data.getByRole("button", { name: "Save" }).click();
  await shows(agent, "Order", "A-17");
  await data.getByText("A-17").hover();
  await data.getByRole("button", { name: "Edit Order" }).click();
  await data.getByRole("textbox", { name: "Order" }).fill("A-18");
  await data.getByRole("button", { name: "Save" }).click();
  await shows(agent, "Order", "A-18");

  await agent.in("Active call").press("Transfer");
  await agent.fill("Number or name", "5002");
  await agent.press("Transfer now");
  await other.incoming.waitFor();
  await shows(other, "Order", "A-18");
  await other.press("Answer");
  await other.talks();
  const { id, userData } = await other.call();
  assert.equal(userData.order, "A-18");
  assert.equal(userData.customer_id, "98765", "what the router attached is there still");

  const change = { action: "userdata", userData: { order: "A-19" } };
  const changed = await other.rest("PUT", `/api/v2/me/calls/${id}`, change);
  assert.equal(changed.body.statusCode, 0, JSON.stringify(changed.body));
  await shows(other, "Order", "A-19");
  const told = await until("the change for programs", () => {
    return client.events.find((event) => {
      return event.name === "EventAttachedDataChanged" && event.this_dn === "5002";
    });
  });
  const pair = told.user_data.pairs.find((/** @type {any} */ one) => one.key === "order");
  assert.equal(pair.str, "A-19");
  customer.hangUp();
  await other.active.waitFor({ state: "hidden" });
});
