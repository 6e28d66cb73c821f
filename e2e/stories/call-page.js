// A call's own page: how it sounds while it is up, and its whole story afterwards.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { CORDBOARD } from "../lib/paths.js";
import { story } from "../lib/story.js";
import { until } from "../lib/wait.js";

const run = promisify(execFile);

story("a call's page tells how it sounds and who told whom what, live and later", async (scene) => {
  const carrier = await scene.carrier();
  const agent = await scene.readyAgent();
  const customer = await carrier.call();
  await agent.rings();
  await agent.press("Answer");
  await Promise.all([agent.talks(), customer.answered()]);

  const supervisor = await scene.desktop("supervisor", "/monitor");
  await supervisor.signIn();
  const score = /^(3\.[6-9]|4\.\d)$/;
  const rows = supervisor.region("Calls").getByRole("row");
  await rows.getByRole("cell", { name: score }).waitFor();
  await supervisor.region("Calls").getByRole("link", { name: "555-123-4567" }).click();
  await supervisor.page.getByText("Up", { exact: true }).waitFor();
  const legs = supervisor.page.getByRole("region", { name: /^Leg to / });
  await until("both legs", async () => (await legs.count()) === 2);
  for (const leg of await legs.all()) {
    const mos = leg.locator(".figure").filter({ hasText: "MOS" }).locator("dd");
    await until("a good score", async () => score.test((await mos.textContent())?.trim() ?? ""));
    assert.match((await leg.textContent()) ?? "", /Lost\s?0\.0 %/);
  }
  const browser = supervisor.region("Leg to 5001");
  const milestones = browser.getByRole("list", { name: "Way to sound" }).getByRole("listitem");
  const words = (await milestones.allTextContents()).map((text) => text.replace(/\d.*/s, ""));
  assert.deepEqual(words.slice(0, 3), ["First ICE check", "Address chosen", "DTLS done"]);
  assert.deepEqual(words.slice(3).sort(), ["First sound in", "First sound out"]);
  await until("a chart", async () => (await browser.locator("canvas").count()) === 2, 30_000);
  await supervisor.page.emulateMedia({ colorScheme: "dark" });
  await supervisor.page.screenshot({ path: scene.file("call-page-dark.png"), fullPage: true });
  await supervisor.page.emulateMedia({ colorScheme: "light" });

  customer.hangUp();
  await supervisor.page.getByText("Over", { exact: true }).waitFor();
  const ladder = supervisor.region("Ladder");
  const lines = async () => await ladder.getByRole("listitem").allTextContents();
  await until("the last word", async () => (await lines()).some((line) => /\(BYE\)$/.test(line)));
  const told = (await lines()).join("\n");
  const order = [
    /to signaling: INVITE sip:/, /EventQueued 5000/, /signaling to 5001: INVITE/,
    /EventRinging 5001/, /desk to switch: RequestAnswerCall/, /5001 to signaling: 200 OK/,
    /EventEstablished 5001/, /to signaling: BYE/, /EventReleased 5001/,
  ];
  for (const line of order) assert.match(told, line);
  const sdp = await browser.locator("pre").first().textContent();
  assert.match(sdp ?? "", /^v=0/);
  assert.doesNotMatch(sdp ?? "", /a=ice-pwd:(?!…)/, "nobody gets a password");
  await supervisor.page.screenshot({ path: scene.file("call-page.png"), fullPage: true });

  const id = supervisor.page.url().split("/").at(-1) ?? "";
  const path = `/api/v2/history/calls/${id}/story`;
  const server = await scene.server();
  await until("the same as text", async () => {
    const printed = run(CORDBOARD, ["ladder", id, "--data", `${server.folder}/data`]);
    return await printed.then(
      ({ stdout }) => /signaling -> switch +Offered in1/.test(stdout),
      (error) => {
        assert.match(String(error.stderr), /there is no story of a call/, "only not yet");
        return false;
      },
    );
  });
  assert.equal((await agent.rest("GET", path)).body.errorCode, "RoleMissing");
});
