// Strangers on the SIP port: who tries one number after the other is soon not heard any more, and
// nobody else notices.

import assert from "node:assert/strict";
import net from "node:net";

import { PstnPhone } from "../lib/pstn.js";
import { header } from "../lib/sip-message.js";
import { story } from "../lib/story.js";
import { address } from "../lib/server.js";
import { pause, until } from "../lib/wait.js";

/** @param {PstnPhone} scanner @param {number} number */
function attempt(scanner, number) {
  const { host, port } = scanner.server;
  scanner.send({
    method: "REGISTER", uri: `sip:${host}:${port}`, body: "",
    headers: [
      ["Via", `SIP/2.0/UDP ${scanner.place};branch=${scanner.branch()};rport`],
      ["Max-Forwards", "70"], ["From", `<sip:${number}@${host}>;tag=${number}`],
      ["To", `<sip:${number}@${host}>`], ["Call-ID", `scan-${number}`], ["CSeq", "1 REGISTER"],
      ["Contact", `<sip:${number}@${scanner.place}>`], ["Expires", "60"],
    ],
  });
}

story("a scanner is shut out, the carrier and the agents are not", async (scene) => {
  const carrier = await PstnPhone.open();
  scene.phones.push(carrier);
  const server = await scene.server({
    trunk: carrier.place, configuration: "[sip]\nallow = []\n",
  });
  carrier.server = server.sip;
  const agent = await scene.readyAgent();

  const scanner = await PstnPhone.open("127.0.0.66");
  scene.phones.push(scanner);
  scanner.server = server.sip;
  let answers = 0;
  for (let number = 100; number < 200; number += 1) {
    scanner.strays.set(`scan-${number}`, (response) => {
      assert.equal(response.status, 404, header(response, "Reason"));
      answers += 1;
    });
    attempt(scanner, number);
    await pause(5);
  }
  await until("the scanner to be shut out", async () =>
    (await server.metric("cordboard_sip_shut_out_total")) === 1);
  await pause(300);
  assert.ok(answers >= 9 && answers <= 15, `${answers} of 100 were answered`);
  assert.match(server.output, /shut out.*127\.0\.0\.66/);

  // By TCP neither.
  const { host, port } = address(server.at.sip);
  const socket = net.connect({ host, port, localAddress: "127.0.0.66" });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  await closed;

  const call = await carrier.call();
  await agent.rings();
  await agent.press("Answer");
  await agent.talks();
  call.hangUp();
});
