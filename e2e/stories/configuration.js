// The running site as programs and scripts change it: by gRPC, and by the command line.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { ConfigurationClient } from "../lib/configuration.js";
import { CORDBOARD } from "../lib/paths.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

const run = promisify(execFile);

story("a program changes the site by gRPC and is told of others' changes", async (scene) => {
  const server = await scene.server();
  const admin = new ConfigurationClient(server.at.config, "admin", "demo");
  const agent = new ConfigurationClient(server.at.config, "agent5001", "demo");
  const seen = admin.watch();
  const page = await admin.ask("ListObjects", {
    kind: "dns", filters: { kind: "virtual-queue" }, limit: 50,
  });
  assert.ok(page.objects.some((/** @type {any} */ one) => one.key === "VQ_Support"));
  assert.equal(page.total, page.objects.length);

  const { version } = await admin.ask("GetObject", { kind: "skills", key: "Support" });
  const repair = { kind: "skills", key: "Repair", json: '{"description":"mends"}' };
  const edits = [{ put: repair }];
  const plan = await admin.ask("ChangeObjects", { version, edits, plan: true });
  assert.deepEqual([plan.changes[0].key, plan.changes[0].sort], ["Repair", "added"]);
  const done = await admin.ask("ChangeObjects", { version, edits });
  assert.equal(done.version, version + 1);
  const change = await until("the change", () => seen.find((one) => one.version === version + 1));
  assert.deepEqual([change.who, change.changes[0].key], ["admin", "Repair"]);

  const other = [{ put: { ...repair, json: '{"description":"mends more"}' } }];
  const conflict = await admin.refused("ChangeObjects", { version, edits: other });
  assert.equal(conflict.code, "ABORTED");
  assert.equal(conflict.details.objects[0].current.description, "mends");
  const wrong = { kind: "strategies", key: "Broken", json: '{"skills":"Nonsense > 0"}' };
  const invalid = await admin.refused("ChangeObjects", {
    version: version + 1, edits: [{ put: wrong }],
  });
  assert.deepEqual([invalid.code, /Nonsense/.test(invalid.message)], ["INVALID_ARGUMENT", true]);
  const refused = await agent.refused("ChangeObjects", { version: version + 1, edits: other });
  assert.equal(refused.code, "PERMISSION_DENIED");
  const stranger = new ConfigurationClient(server.at.config, "admin", "wrong");
  assert.equal((await stranger.refused("ReadAudit", {})).code, "UNAUTHENTICATED");

  const audit = await admin.ask("ReadAudit", { key: "Repair" });
  assert.equal(audit.changes[0].changes[0].fields[0].after, '"mends"');
  const csv = "user_name,first_name,dn\nzoe,Zoe,\nzed,Zed,9999\n";
  const bad = await admin.refused("ImportTable", { table: "agents", csv });
  assert.equal(bad.details.lines.length, 2);
  const some = await admin.ask("ImportTable", { table: "agents", csv, partial: true });
  assert.deepEqual(some.lines.map((/** @type {any} */ line) => line.outcome), ["added", "refused"]);
  const { text } = await admin.ask("ExportFile", { format: "yaml" });
  assert.match(text, /Repair/);
  assert.equal((await admin.ask("ApplyFile", { text, plan: true })).changes.length, 0);
});

story("a file is applied to the running site from the command line", async (scene) => {
  const server = await scene.server();
  const at = ["--server", server.url, "--user", "admin"];
  const env = { ...process.env, CORDBOARD_PASSWORD: "demo" };
  const cordboard = (/** @type {string[]} */ ...words) => {
    return run(CORDBOARD, [...words, ...at], { env });
  };
  const failure = async (/** @type {Promise<unknown>} */ promise) => {
    const error = await promise.then(() => assert.fail("it was done"), (error) => error);
    return String(error.stderr);
  };
  const file = path.join(server.folder, "change.toml");
  await writeFile(file, '[skills.Repair]\ndescription = "mends"\n');
  const asked = await cordboard("apply", "-f", file);
  assert.match(asked.stdout, /\+ skill Repair.*1 to add.*Nobody is there to be asked/s);
  const applied = await cordboard("apply", "-f", file, "--yes");
  assert.match(applied.stdout, /Done; the site has version/);
  assert.match((await cordboard("apply", "-f", file, "--yes")).stdout, /No changes/);
  assert.match((await cordboard("export")).stdout, /\[skills\.Repair\]/);

  const table = path.join(server.folder, "agents.csv");
  await writeFile(table, "user_name,first_name,dn\nzoe,Zoe,\nzed,Zed,9999\n");
  assert.match(await failure(cordboard("import", "agents", table, "--yes")), /line 3: /);
  const some = await cordboard("import", "agents", table, "--yes", "--skip-bad");
  assert.match(some.stdout, /line 2: .*Done/s);

  await writeFile(file, '[strategies.Broken]\nskills = "Nonsense > 0"\n');
  assert.match(await failure(cordboard("apply", "-f", file, "--yes")), /Nonsense/);
  const wrong = run(CORDBOARD, ["export", ...at], { env: { ...env, CORDBOARD_PASSWORD: "no" } });
  assert.match(await failure(wrong), /password|sign in|log in/i);
  const local = run(CORDBOARD, ["apply", "-f", file, "--data", path.join(server.folder, "data")]);
  assert.match(await failure(local), /--server URL/);
});
