// Callers of SIPp, which is nobody's code here.

import assert from "node:assert/strict";

import { sipp } from "../lib/sipp.js";
import { story } from "../lib/story.js";
import { pause } from "../lib/wait.js";

for (const transport of /** @type {const} */ (["udp", "tcp"])) {
  story(`twenty callers over ${transport} wait, give up, and leave nothing`, async (scene) => {
    const server = await scene.server();
    await sipp(server, "abandon.xml", { calls: 20, perSecond: 10, transport });
    const desktop = await scene.readyAgent();
    await pause(1000);
    assert.ok(!(await desktop.incoming.isVisible()), "no ghost rings");
    assert.equal(await desktop.call(), undefined);
  });
}
