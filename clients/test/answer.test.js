// The examples of the READMEs, as they stand there, answer a call of the real program.
//
// CORDBOARD names the binary, PYTHON a Python that has the client. Run `npm ci && npm run build`
// in clients/typescript first, and `npm ci` in e2e, whose phones are used here.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { CORDBOARD, PYTHON as VENV_PYTHON } from "../../e2e/lib/paths.js";
import { PstnPhone } from "../../e2e/lib/pstn.js";
import { register } from "../../e2e/lib/register.js";
import { startSite } from "./site.js";
import { until } from "../../e2e/lib/wait.js";
import { TServer, pairs } from "../typescript/dist/src/index.js";
import { TalkPhone } from "./phone.js";

const CLIENTS = fileURLToPath(new URL("../", import.meta.url));
const PYTHON = process.env.PYTHON ?? VENV_PYTHON;

const skip = await access(CORDBOARD).then(() => false, () => `there is no ${CORDBOARD}`);

for (const [language, command, source] of [
  ["python", PYTHON, "python/examples/answer.py"],
  ["typescript", process.execPath, "typescript/examples/answer.ts"],
]) {
  test(`the ${language} example is the README's`, async () => {
    const [readme, example] = await Promise.all(
      [`${language}/README.md`, source].map((name) => readFile(CLIENTS + name, "utf8")),
    );
    const fenced = example.replace("../src/index.js", "@cordboard/tserver");
    assert.ok(readme.includes(`\`\`\`${language}\n${fenced}\`\`\``), readme);
  });

  test(`the ${language} example answers a call`, { skip, timeout: 60_000 }, async () => {
    const compiled = source.replace(/^typescript\/(.*)ts$/, "typescript/dist/$1js");
    await answersACall(command, CLIENTS + compiled);
  });
}

/** @param {string} command @param {string} example */
async function answersACall(command, example) {
  const server = await startSite(PYTHON);
  const [agent, customer] = await Promise.all([TalkPhone.open(), PstnPhone.open()]);
  agent.server = customer.server = server.sip;
  const program = new TServer(server.at.tserver, "test");
  const child = spawn(command, [example, server.at.tserver], { stdio: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => (said += text));
  }
  try {
    assert.equal((await register(agent, "5001", "demo")).final.status, 200);
    await until("the example's registration", async () => {
      const { extensions } = await program.ask("query_server", {});
      return Object.fromEntries(pairs(extensions)).RegisteredDNs === 1;
    });
    await program.register("5001");
    const login = { this_dn: "5001", agent_id: "5001" };
    await program.ask("agent_login", { ...login, work_mode: "AGENT_WORK_MODE_MANUAL_IN" });
    const work_mode = "AGENT_WORK_MODE_MANUAL_IN";
    const ready = await program.ask("agent_ready", { this_dn: "5001", work_mode });
    assert.equal(ready.agent_state, "Ready");

    const call = await customer.call();
    await until("the example's word", () => said.includes("answered"), 15_000);
    assert.match(said, /^answered \+?5551234567\n$/);
    await call.answered();
    assert.ok(agent.isTalking);
    call.hangUp();
    await until("the end at the agent", () => !agent.isTalking);
  } catch (error) {
    throw new Error(`${error}\nexample: ${said}\n${agent.ladder}\n${server.output}`);
  } finally {
    program.close();
    child.kill();
    await Promise.all([agent.close(), customer.close()]);
    await server.kill();
  }
}
