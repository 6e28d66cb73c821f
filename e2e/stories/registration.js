// Phones that register, and those that must not.

import assert from "node:assert/strict";

import { algorithms, register } from "../lib/register.js";
import { header } from "../lib/sip-message.js";
import { story } from "../lib/story.js";

for (const algorithm of /** @type {const} */ (["MD5", "SHA-256"])) {
  story(`a SIP phone registers its DN by digest with ${algorithm}`, async (scene) => {
    const phone = await scene.carrier();
    const { challenge, final } = await register(phone, "5001", "demo", algorithm);
    assert.equal(challenge.status, 401);
    assert.deepEqual(algorithms(challenge).toSorted(), ["MD5", "SHA-256"]);
    assert.equal(final.status, 200);
    assert.match(header(final, "Contact") ?? "", /expires=\d+/);
  });
}

story("a wrong password is challenged once and then refused", async (scene) => {
  const phone = await scene.carrier();
  const { challenge, final } = await register(phone, "5001", "wrong");
  assert.equal(challenge.status, 401);
  assert.equal(final.status, 403);
});

story("after many wrong passwords even the right one has to wait", async (scene) => {
  const phone = await scene.carrier();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    assert.equal((await register(phone, "5002", `guess ${attempt}`)).final.status, 403);
  }
  const { final } = await register(phone, "5002", "demo");
  assert.ok([403, 429, 503].includes(final.status ?? 0), `status ${final.status}`);
  assert.ok(Number(header(final, "Retry-After")) > 0, "it says how long");
  const other = await register(phone, "5003", "demo");
  assert.equal(other.final.status, 200, "other DNs don't wait");
});

story("a DN that does not exist gets 404", async (scene) => {
  const phone = await scene.carrier();
  const { final } = await register(phone, "7777", "demo");
  assert.equal(final.status, 404);
});
