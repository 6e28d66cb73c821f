// A program beside the phones: it watches DNs on port 5025 and asks for what it wants of them.

import { TClient } from "./tserver.js";

/** @param {import("./story.js").Scene} scene @param {string[]} dns */
export async function program(scene, dns) {
  const client = new TClient((await scene.server()).at.tserver);
  scene.finally(async () => client.close());
  for (const this_dn of dns) await client.ask("register_address", { this_dn });
  return client;
}

/** An agent at work at this DN. @param {TClient} client @param {string} this_dn */
export async function atWork(client, this_dn) {
  await client.ask("agent_login", { this_dn, agent_id: this_dn });
  await client.ask("agent_ready", { this_dn });
}
