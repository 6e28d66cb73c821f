// The demo site, in which the phone of DN 5001 takes words of its buttons (`sip-cti-control`).

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import { Server } from "../../e2e/lib/server.js";
import { within } from "../../e2e/lib/wait.js";

/** Starts once to have a database, sets the option there, and starts again on it.
 * @param {string} python any Python 3: it has SQLite */
export async function startSite(python) {
  const first = await Server.start();
  first.child.kill("SIGTERM");
  await within(first.ended, "the end after SIGTERM", 10_000);
  const [database] = await tables(python, path.join(first.folder, "data"));
  if (!database) throw new Error("no database was left behind");
  const site = new Server(first.folder, path.join(first.folder, "cordboard.toml"));
  const line = await within(site.ready, "the ready line", 20_000);
  for (const [, name, place] of line.matchAll(/(\w+)=(\S+)/g)) {
    /** @type {any} */ (site.at)[name ?? ""] = place;
  }
  return site;
}

/** Sets the option; says in which files. @param {string} python @param {string} folder */
async function tables(python, folder) {
  const { stdout } = await promisify(execFile)(python, ["-c", SET_OPTION, folder]);
  return stdout.split("\n").filter(Boolean);
}

const SET_OPTION = `
import pathlib, sqlite3, sys
for file in pathlib.Path(sys.argv[1]).glob("*.db*"):
    if file.suffix in (".db", ".sqlite"):
        with sqlite3.connect(file) as database:
            database.execute("UPDATE dns SET cti_control = 1 WHERE dn = '5001'")
            print(file)
`;
