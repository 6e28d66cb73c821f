// Kamailio as a carrier, or as the SIP server that a site has already: a registrar with digest, and
// a proxy between whoever is registered and a telephone beyond it.

import { spawn } from "node:child_process";
import dgram from "node:dgram";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { until } from "./wait.js";

/** What it is told, where names in capitals stand for what each start has of its own. */
const SETTINGS = String.raw`#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
alias="DOMAIN"
listen=udp:127.0.0.1:PORT
listen=tcp:127.0.0.1:PORT
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("registrar", "min_expires", 60)
modparam("registrar", "default_expires", 120)

request_route {
    xlog("L_NOTICE", "$rm $ru from $si:$sp by $proto\n");
    if (!mf_process_maxfwd_header("20")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not Here");
        exit;
    }
    if (is_method("OPTIONS") && uri == myself) { sl_send_reply("200", "OK"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("$td", "PASSWORD", "0")) { www_challenge("$td", "0"); exit; }
        consume_credentials();
        if (!save("location")) { sl_reply_error(); }
        exit;
    }
    if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
    record_route();
    if ($fd == "DOMAIN") {
        if (!pv_proxy_authenticate("$fd", "PASSWORD", "0")) { proxy_challenge("$fd", "0"); exit; }
        consume_credentials();
        $du = "sip:BEYOND";
        t_relay();
        exit;
    }
    MEANT
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
}
`;

export class Kamailio {
  output = "";

  /** @param {string} file @param {string} folder @param {number} port */
  constructor(file, folder, port) {
    this.port = port;
    const args = ["-f", file, "-DD", "-E", "-m", "32", "-M", "4", "-Y", folder];
    this.child = spawn("kamailio", [...args, "-P", path.join(folder, "pid")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
      });
    }
  }

  /**
   * @param {import("./story.js").Scene} scene
   * @param {{domain: string, password: string, beyond: string, account?: string}} options
   *   `beyond` is the telephone's host:port; `account` is who gets every call from there, else
   *   the user that is dialled
   */
  static async start(scene, { domain, password, beyond, account }) {
    const port = await freePort();
    const folder = scene.file(`kamailio-${port}`);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, "kamailio.cfg");
    const text = SETTINGS.replaceAll("DOMAIN", domain).replaceAll("PASSWORD", password)
      .replaceAll("PORT", String(port)).replaceAll("BEYOND", beyond)
      .replace("MEANT", account === undefined ? "" : `$rU = "${account}";`);
    await writeFile(file, text);
    const kamailio = new Kamailio(file, folder, port);
    scene.finally(async () => {
      await kamailio.stop();
      await writeFile(path.join(folder, "output.txt"), kamailio.output);
    });
    await until("kamailio", () => /Listening on|started|ready/i.test(kamailio.output)
      && answers(port), 15_000).catch((error) => {
      throw new Error(`${error}\n${kamailio.output}`);
    });
    return kamailio;
  }

  get place() {
    return { host: "127.0.0.1", port: this.port };
  }

  /** Requests that came to it, by method. @param {string} method */
  seen(method) {
    return this.output.split("\n").filter((line) => line.includes(`${method} sip:`)).length;
  }

  async stop() {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGTERM");
    await ended;
  }
}

/** Who knows where `name` is: its SIP servers by priority.
 * @param {import("./story.js").Scene} scene @param {string} name
 * @param {{port: number, priority: number, protocol?: "udp" | "tcp"}[]} servers */
export async function dns(scene, name, servers) {
  const port = await freePort();
  const records = servers.map(({ port, priority, protocol = "udp" }) =>
    `--srv-host=_sip._${protocol}.${name},host.${name},${port},${priority},100`);
  const child = spawn("dnsmasq", [
    "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--no-resolv", "--no-hosts",
    `--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces", "--log-facility=-",
    "--user=root", `--host-record=host.${name},127.0.0.1`, `--auth-ttl=60`, ...records,
  ], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  scene.finally(async () => void child.kill("SIGTERM"));
  await until("dnsmasq", () => output.includes("started"), 10_000).catch((error) => {
    throw new Error(`${error}\n${output}`);
  });
  return `127.0.0.1:${port}`;
}

/** A UDP and TCP port that nobody has. */
async function freePort() {
  const socket = dgram.createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(null)));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(() => resolve(null)));
  return port;
}

/** Whether somebody answers OPTIONS there. @param {number} port @returns {Promise<boolean>} */
async function answers(port) {
  const socket = dgram.createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(null)));
  const own = socket.address().port;
  const lines = [
    `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKping${own}`, "Max-Forwards: 5",
    `From: <sip:ping@127.0.0.1>;tag=${own}`, `To: <sip:127.0.0.1:${port}>`,
    `Call-ID: ping${own}`, "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
  ];
  const heard = new Promise((resolve) => {
    socket.once("message", () => resolve(true));
    socket.once("error", () => resolve(false));
    setTimeout(() => resolve(false), 300);
  });
  socket.send(lines.join("\r\n"), port, "127.0.0.1");
  const answered = await heard;
  socket.close();
  return /** @type {boolean} */ (answered);
}
