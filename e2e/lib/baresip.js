// baresip as a customer or an agent: a telephone by other people, with its own SIP, RTP and codecs.

import { execFile, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { listenTo } from "./recording.js";
import { until } from "./wait.js";

const run = promisify(execFile);

export class Baresip {
  output = "";
  /** How much it had printed when it last took a call. */
  taken = 0;

  /** @param {string} folder @param {string[]} [orders] what it does at once @param {number} [rate]
   * of its sound */
  constructor(folder, orders = [], rate = 8000) {
    this.folder = folder;
    this.rate = rate;
    this.child = spawn("baresip", ["-f", folder, ...orders.flatMap((order) => ["-e", order])], {
      cwd: folder,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        this.output += text;
      });
    }
  }

  /**
   * @param {string} folder for its settings and recordings
   * @param {string} target
   * @param {string} speech a WAV file at 8 kHz
   * @param {string} [more] parameters of its account
   */
  static async dial(folder, target, speech, more = "") {
    const settings = path.join(folder, "baresip");
    await mkdir(settings, { recursive: true });
    // Three times the text, then silence: it hangs up when its file ends.
    const long = path.join(settings, "speech.wav");
    await run("sox", ["-D", speech, long, "repeat", "2", "pad", "0", "120"]);
    const account = `<sip:5551234567@127.0.0.1>;regint=0;audio_codecs=pcmu/8000/1${more}\n`;
    await settle(settings, account, long);
    return new Baresip(settings, [`/dial ${target}`]);
  }

  /**
   * An agent's telephone: registers a DN.
   * @param {string} folder for its settings
   * @param {string} dn
   * @param {string} registrar host:port
   * @param {string} voice a WAV file at its codec's rate
   * @param {"udp" | "tcp" | "tls"} [transport]
   * @param {string} [more] parameters of its account
   * @param {keyof typeof RATES} [codec]
   */
  static async phone(folder, dn, registrar, voice, transport = "udp", more = "", codec = "pcmu") {
    const settings = path.join(folder, "baresip");
    await mkdir(settings, { recursive: true });
    const rate = RATES[codec];
    // It names G.722 with the rate of its sound, others with that of their clock.
    const options = `auth_pass=demo;regint=300;audio_codecs=${codec}/${rate}/1`;
    const account = `<sip:${dn}@${registrar};transport=${transport}>;${options}${more}\n`;
    await settle(settings, account, voice, rate);
    // It gives up at a challenge that offers SHA-256 too, and is asked for MD5 alone the next
    // time: half a minute later by itself, or at once when it is started again.
    const first = new Baresip(settings);
    await first.says(/Register: |registered successfully/);
    await first.close();
    const phone = new Baresip(settings, [], rate);
    await phone.says(/registered successfully/);
    return phone;
  }

  /** Takes the call that rings. */
  async accept() {
    const rings = () => this.output.includes("Incoming call", this.taken);
    await until("baresip's ringing", rings);
    this.taken = this.output.length;
    this.tell("/accept");
  }

  /** @param {string} order one of its long commands, e.g. `/hold` */
  tell(order) {
    this.child.stdin.write(`${order}\n`);
  }

  /** @param {RegExp} words in what it prints @param {number} [msMax] */
  async says(words, msMax) {
    await until(`baresip saying ${words}`, () => words.test(this.output), msMax);
  }

  /** The end of what it heard. @param {number} seconds */
  async lastSeconds(seconds) {
    const file = await this.recording();
    if (file === null) throw new Error(`baresip recorded nothing:\n${this.output}`);
    const end = path.join(this.folder, "last.wav");
    await run("sox", [file, end, "trim", `-${seconds}`]);
    return end;
  }

  /** What it hears from now on. @param {number} ms */
  listen(ms) {
    return listenTo(() => this.recording(), ms, this.rate);
  }

  /** What it heard in its last call. */
  async recording() {
    const files = await readdir(this.folder);
    const name = files.filter((name) => name.endsWith("-dec.wav")).sort().at(-1);
    return name === undefined ? null : path.join(this.folder, name);
  }

  async close() {
    if (this.child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 3000);
    await gone;
    clearTimeout(timer);
  }
}

/** @param {string} settings @param {string} account @param {string} voice @param {number} [rate] */
async function settle(settings, account, voice, rate = 8000) {
  await writeFile(path.join(settings, "config"), configuration(settings, voice, rate));
  await writeFile(path.join(settings, "accounts"), account);
  await writeFile(path.join(settings, "contacts"), "");
}

/** Samples per second of what a codec carries. */
const RATES = { pcmu: 8000, g722: 16_000 };

/** @param {string} folder @param {string} speech @param {number} rate */
// Its buffer for a recording's name has room for a short path only.
const configuration = (folder, speech, rate) => `
sip_listen 127.0.0.1:0
audio_source aufile,${speech}
audio_player aufile,${path.join(folder, "played.wav")}
audio_alert aufile,${path.join(folder, "alert.wav")}
ausrc_srate ${rate}
auplay_srate ${rate}
ausrc_channels 1
auplay_channels 1
jitter_buffer_delay 2-10
rtp_ports 26000-26998
snd_path .
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module g722.so
module srtp.so
module aufile.so
module sndfile.so
module_app account.so
module_app menu.so
`;
