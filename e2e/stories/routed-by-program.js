// Calls that are routed with a wish: to be answered by themselves, or to go elsewhere unanswered.

import assert from "node:assert/strict";

import { program } from "../lib/program.js";
import { carrierOfChanged } from "../lib/site.js";
import { story } from "../lib/story.js";

/** A customer waits, and an agent whom the strategy doesn't want is ready.
 * @param {import("../lib/story.js").Scene} scene */
async function waiting(scene) {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent("agent5021");
  const client = await program(scene, ["5000", "5021"]);
  const customer = await carrier.call();
  const { conn_id } = await client.named("EventRouteRequest", "5000");
  /** @param {Record<string, unknown>} wish @param {Record<string, unknown>[]} pairs */
  const route = (wish, pairs) => {
    const where = { this_dn: "5000", conn_id, target_dn: "5021", ...wish };
    return client.ask("route_call", where, { extensions: { pairs } });
  };
  return { carrier, agent, client, customer, route };
}

story("a call that is to be answered by itself is, without a click", async (scene) => {
  const { agent, client, customer, route } = await waiting(scene);
  await route({}, [{ key: "AUTO_ANSWER", int: 1 }]);
  await Promise.all([customer.answered(), agent.talks()]);
  await client.named("EventEstablished", "5021");
  assert.equal((await agent.call()).state, "Established");
  customer.hangUp();
  await agent.afterCall.waitFor();
});

story("a call that nobody answers goes where the program wants it", async (scene) => {
  const { carrier, agent, customer, client, route } = await waiting(scene);
  carrier.manner = {};
  await route({ no_answer_timeout: 4 }, [{ key: "NO_ANSWER_OVERFLOW", str: "5559876543" }]);
  await agent.incoming.waitFor();
  const callee = await carrier.called("5559876543");
  await customer.answered();
  await agent.incoming.waitFor({ state: "hidden" });
  await agent.showsState("Not ready");
  await agent.page.getByText(/(did not|didn.t|not|no) answer/i).first().waitFor();
  const released = await client.named("EventReleased", "5021");
  assert.equal(released.call_state, "CALL_STATE_NO_ANSWER");
  customer.hangUp();
  assert.equal((await callee.ended()).by, "them");
});

story("G24: an agent who likes it so answers every routed call without a click", async (scene) => {
  const likes = "UPDATE persons SET auto_answer = 1 WHERE user_name = 'agent5001'";
  const carrier = await carrierOfChanged(scene, likes);
  const agent = await scene.readyAgent();
  const customer = await carrier.call();
  await Promise.all([customer.answered(), agent.talks()]);
  customer.hangUp();
  await agent.afterCall.waitFor();
});
