// The demo site with something else in its database than the demo has, where no API sets it.

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import { PYTHON } from "./paths.js";
import { PstnPhone } from "./pstn.js";
import { Server } from "./server.js";
import { within } from "./wait.js";

/** The carrier and a server whose database this statement changed before it began to serve.
 * @param {import("./story.js").Scene} scene @param {string} sql */
export async function carrierOfChanged(scene, sql) {
  const carrier = await PstnPhone.open();
  scene.phones.push(carrier);
  scene.running = await startChanged(sql, { trunk: carrier.place });
  carrier.server = scene.running.sip;
  return carrier;
}

/** DNs whose phones take words of their buttons.
 * @param {string[]} dns */
export const withCtiControl = (...dns) =>
  `UPDATE dns SET cti_control = 1 WHERE dn IN (${dns.map((dn) => `'${dn}'`).join(", ")})`;

/** Starts once to have a database, and again on what was made of it.
 * @param {string} sql @param {Parameters<typeof Server.start>[0]} options */
async function startChanged(sql, options) {
  const first = await Server.start(options);
  first.child.kill("SIGTERM");
  await within(first.ended, "the end after SIGTERM", 10_000);
  const folder = path.join(first.folder, "data");
  await promisify(execFile)(PYTHON, ["-c", EXECUTE, folder, sql]);
  return Server.again(first);
}

const EXECUTE = `
import pathlib, sqlite3, sys
[file] = [file for file in pathlib.Path(sys.argv[1]).iterdir() if file.suffix in (".db", ".sqlite")]
with sqlite3.connect(file) as database:
    done = database.execute(sys.argv[2])
    assert done.rowcount > 0, "the statement changed nothing"
`;
