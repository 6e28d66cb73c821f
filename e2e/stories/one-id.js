// One id of a call wherever it is told of.

import assert from "node:assert/strict";

import { story } from "../lib/story.js";
import { header } from "../lib/sip-message.js";
import { until } from "../lib/wait.js";

const UUID = "0VG3I7CCQK9C5B6BS0CDTLHAES00000A";

story("G22: a CallUUID is the same in SIP, REST, the push, the recording and the history",
  async (scene) => {
    const carrier = await scene.carrier();
    const desktop = await scene.readyAgent();
    const call = await carrier.call({ uuid: UUID });
    await desktop.rings();
    assert.equal((await desktop.facts())?.callUuid, UUID, "the INVITE to the phone");
    await desktop.press("Answer");
    await Promise.all([desktop.talks(), call.answered()]);
    assert.equal(header(/** @type {any} */ (call.final), "X-Genesys-CallUUID"), UUID);
    const { id } = await desktop.call();
    assert.equal(id, UUID, "the call that was pushed and read");
    await desktop.press("Record");
    await desktop.page.getByText("Recording", { exact: false }).first().waitFor();
    call.hangUp();
    await desktop.afterCall.waitFor();
    const supervisor = await scene.desktop("supervisor");
    await supervisor.signIn();
    await supervisor.page.getByRole("button", { name: /^Account of/ }).waitFor();
    const kept = async (/** @type {string} */ path) => {
      const { status, body } = await supervisor.rest("GET", path);
      return status === 200 && JSON.stringify(body).includes(UUID);
    };
    await until("the story", () => kept(`/api/v2/history/calls/${UUID}/story`));
    await until("the history", () => kept("/api/v2/history/calls"));
    await until("the recording", () => kept("/api/v2/recordings"));
  });
