// Past calls lived through again, under the strategy that was and under another one.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { CORDBOARD } from "../lib/paths.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

const run = promisify(execFile);
const DAY_MS = 24 * 3600 * 1000;

story("yesterday's calls are tried with a changed strategy before it goes live", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent();
  const served = await carrier.call();
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([agent.talks(), served.answered()]);
  const givesUp = await carrier.call();
  await givesUp.progress(183);
  givesUp.cancel();
  served.hangUp();

  const supervisor = await scene.desktop("supervisor", "/monitor");
  await supervisor.signIn();
  await supervisor.region("Queues").waitFor();
  const [from, to] = [-DAY_MS, DAY_MS].map((ms) => new Date(Date.now() + ms).toISOString());
  const replay = async (/** @type {unknown[]} */ edits) => {
    const { body } = await supervisor.rest("POST", "/api/v2/routing/replay", { from, to, edits });
    assert.equal(body.statusCode, 0, JSON.stringify(body));
    return body;
  };
  const sums = (/** @type {any} */ { total }) =>
    [total.offered, total.answered, total.abandoned, total.other];
  await until("both calls in the history", async () => {
    return sums((await replay([])).asItWas).join() === "2,1,1,0";
  });
  const same = await replay([]);
  assert.deepEqual(sums(same.asItIs), [2, 1, 1, 0]);
  assert.deepEqual(same.asChanged, same.asItIs);

  const strategy = (await supervisor.rest("GET", "/api/v2/configuration/strategies/Support")).body;
  const nobody = { ...strategy.object, skills: "Support > 9" };
  const put = { kind: "strategies", key: "Support", object: nobody };
  const worse = await replay([{ put }]);
  assert.deepEqual(sums(worse.asItIs), [2, 1, 1, 0]);
  assert.equal(worse.asChanged.total.answered, 0, "nobody has that much of the skill");
  const broken = { ...put, object: { ...nobody, skills: "Nonsense > 0" } };
  const edits = [{ put: broken }];
  const refused = await supervisor.rest("POST", "/api/v2/routing/replay", { from, to, edits });
  assert.match(refused.body.statusMessage, /Nonsense/);

  const server = await scene.server();
  const file = path.join(server.folder, "changed.toml");
  await writeFile(file, "[strategies.Support]\nskills = \"Support > 9\"\n");
  const span = ["--from", from ?? "", "--to", to ?? ""];
  const words = ["replay", "-f", file, "--data", path.join(server.folder, "data"), ...span];
  const { stdout } = await run(CORDBOARD, words);
  assert.match(stdout, /5000 +was +2 +1 +1/);
  assert.match(stdout, /5000 +changed +2 +0 /);
});
