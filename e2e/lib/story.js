// A story is one test: a fresh server, the people in it, and the evidence when it goes wrong.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";

import { Desktop } from "./desktop.js";
import { outFolder } from "./paths.js";
import { PstnPhone } from "./pstn.js";
import { Server } from "./server.js";
import { speech } from "./speech.js";
import { TONES, toneFile } from "./tones.js";

/**
 * @param {string} name what holds, as a sentence
 * @param {(scene: Scene) => Promise<void>} tell
 */
export function story(name, tell) {
  test(name, { timeout: STORY_MS_MAX }, async () => {
    const scene = new Scene(name);
    try {
      await tell(scene);
      scene.assertNoComplaints();
    } catch (error) {
      await scene.keepEvidence(error);
      throw error;
    } finally {
      await scene.close();
    }
  });
}

export class Scene {
  /** @type {Server | null} */
  running = null;
  /** @type {Desktop[]} */
  desktops = [];
  /** @type {PstnPhone[]} */
  phones = [];
  /** @type {(() => Promise<unknown>)[]} */
  closers = [];
  /** A complaint that this story provokes on purpose. @type {RegExp | null} */
  expectedComplaint = null;

  /** @param {string} name */
  constructor(name) {
    this.slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60);
  }

  /** @param {string} name of a file among this story's evidence */
  file(name) {
    return path.join(outFolder("stories", this.slug), name);
  }

  get speech() {
    return speech();
  }

  /** The carrier and a server whose trunk points at it. */
  async carrier(host = "127.0.0.1") {
    const phone = await PstnPhone.open(host);
    this.phones.push(phone);
    phone.server = (await this.server({ trunk: phone.place })).sip;
    return phone;
  }

  /** The server of this story; the first call decides its configuration.
   * @param {Parameters<typeof Server.start>[0]} [options] */
  async server(options) {
    this.running ??= await Server.start(options);
    return this.running;
  }

  /** @param {string} user */
  async desktop(user, route = "/") {
    const desktop = await Desktop.open(await this.server(), user, route);
    this.desktops.push(desktop);
    return desktop;
  }

  /** An agent at work: signed in, phone registered, Ready. */
  async readyAgent(user = "agent5001") {
    const desktop = await this.signedInAgent(user);
    await desktop.ready();
    return desktop;
  }

  /** An agent who hums a tone of his own, signed in and registered.
   * @param {string} user @param {keyof typeof TONES} tone */
  async hummingAgent(user, tone) {
    const voice = await toneFile(TONES[tone], 48_000);
    const desktop = await Desktop.openWithVoice(await this.server(), user, voice);
    this.desktops.push(desktop);
    await desktop.signIn();
    await desktop.registered();
    return desktop;
  }

  async signedInAgent(user = "agent5001") {
    const desktop = await this.desktop(user);
    await desktop.signIn();
    await desktop.registered();
    return desktop;
  }

  /** Closed with the story. @param {() => Promise<unknown>} closer */
  finally(closer) {
    this.closers.push(closer);
  }

  assertNoComplaints() {
    const complaints = this.running?.complaints ?? [];
    const unexpected = complaints.filter((line) => !this.expectedComplaint?.test(line));
    assert.deepEqual(unexpected, [], "the server complained");
  }

  /** @param {unknown} error */
  async keepEvidence(error) {
    await writeFile(this.file("error.txt"), String(/** @type {any} */ (error)?.stack ?? error));
    await writeFile(this.file("server.log"), this.running?.output ?? "");
    await writeFile(this.file("carrier.txt"), this.phones.map((phone) => phone.ladder).join("\n"));
    for (const [index, desktop] of this.desktops.entries()) {
      await desktop.picture(this.file(`desktop-${index}.png`)).catch(() => {});
      await writeFile(this.file(`desktop-${index}.txt`), desktop.complaints.join("\n"));
    }
  }

  async close() {
    for (const close of this.closers.reverse()) await close().catch(() => {});
    for (const phone of this.phones) await phone.close();
    for (const desktop of this.desktops) await desktop.close().catch(() => {});
    await this.running?.kill();
  }
}

const STORY_MS_MAX = 300_000;
