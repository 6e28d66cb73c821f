// linphone as an agent's phone or a customer's: the console client as Debian ships it, with files
// for microphone and loudspeaker.

import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { listenTo } from "./recording.js";
import { until } from "./wait.js";

export class Linphone {
  output = "";

  /** @param {string} folder for its settings, its log and what it hears */
  constructor(folder) {
    this.folder = folder;
    this.played = path.join(folder, "heard.wav");
    this.log = path.join(folder, "sip.log");
    const args = ["-c", path.join(folder, "linphonerc"), "-d", "6", "-l", this.log];
    // Its databases are in the home folder.
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: "", XDG_DATA_HOME: "" };
    this.child = spawn("linphonec", args, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    this.child.once("error", (error) => {
      this.output += String(error);
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
      });
    }
  }

  /**
   * An agent's telephone: registers a DN.
   * @param {string} folder
   * @param {string} dn
   * @param {string} registrar host:port
   * @param {string} voice a WAV file
   */
  static async phone(folder, dn, registrar, voice) {
    const phone = await Linphone.start(folder, account(dn, registrar), voice);
    await phone.logs(/LinphoneRegistrationOk/, 15_000);
    return phone;
  }

  /** A telephone without an account, which calls. @param {string} folder @param {string} voice */
  static caller(folder, voice) {
    return Linphone.start(folder, "", voice);
  }

  /** @param {string} parent @param {string} registration @param {string} voice */
  static async start(parent, registration, voice) {
    const folder = path.join(parent, "linphone");
    await mkdir(path.join(folder, ".local/share/linphone"), { recursive: true });
    await writeFile(path.join(folder, "linphonerc"), SETTINGS + registration);
    const phone = new Linphone(folder);
    for (const order of ["soundcard use files", `play ${voice}`, `record ${phone.played}`]) {
      phone.tell(order);
    }
    return phone;
  }

  /** @param {string} order one of its commands, e.g. `answer` */
  tell(order) {
    this.child.stdin.write(`${order}\n`);
  }

  /** @param {RegExp} words in what it prints @param {number} [msMax] */
  async says(words, msMax) {
    await this.shows("saying", words, async () => this.output, msMax);
  }

  /** @param {RegExp} words in its log @param {number} [msMax] */
  async logs(words, msMax) {
    await this.shows("logging", words, () => readFile(this.log, "utf8").catch(() => ""), msMax);
  }

  /** @param {string} how @param {RegExp} words @param {() => Promise<string>} read
   * @param {number} [msMax] */
  async shows(how, words, read, msMax) {
    try {
      await until(`linphone ${how} ${words}`, async () => words.test(await read()), msMax);
    } catch (error) {
      throw new Error(`${error}, but:\n${this.output.slice(-2000)}`);
    }
  }

  /** What it hears from now on. @param {number} ms */
  listen(ms) {
    return listenTo(async () => this.played, ms);
  }

  async close() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once("close", resolve));
    this.tell("quit");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(timer);
  }
}

/** @param {string} dn @param {string} registrar */
const account = (dn, registrar) => `
[auth_info_0]
username=${dn}
passwd=demo

[proxy_0]
reg_proxy=sip:${registrar}
reg_identity=sip:${dn}@${registrar}
reg_expires=300
reg_sendregister=1
publish=0
`;

// Ports of its own choice, G.711 alone, and nothing that looks for servers or networks.
const CODECS = [
  ["opus", 48000, 2, 0], ["speex", 16000, 1, 0], ["speex", 8000, 1, 0], ["PCMU", 8000, 1, 1],
  ["PCMA", 8000, 1, 1], ["G729", 8000, 1, 0],
];

const codec = (/** @type {(string | number)[]} */ [mime, rate, channels, enabled], i = 0) => `
[audio_codec_${i}]
mime=${mime}
rate=${rate}
channels=${channels}
enabled=${enabled}
`;

const SETTINGS = `
[sip]
sip_port=-1
sip_tcp_port=0
sip_tls_port=0
register_only_when_network_is_up=0
keepalive_period=0
[rtp]
audio_rtp_port=20000-25998
[net]
firewall_policy=none
[sound]
echocancellation=0
local_ring=
remote_ring=
${CODECS.map(codec).join("")}
`;
