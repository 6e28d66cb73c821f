// The agent's desktop as a person uses it: by the names of its regions, buttons and boxes.

import { browser, browserWithVoice } from "./browser.js";
import { until } from "./wait.js";

/** @typedef {import("./server.js").Server} Server */
/** @typedef {import("playwright-core").Page} Page */

export class Desktop {
  /** @param {Page} page @param {Server} server @param {string} user */
  constructor(page, server, user) {
    this.page = page;
    this.server = server;
    this.user = user;
    /** What the page itself complained about. @type {string[]} */
    this.complaints = [];
    page.on("pageerror", (error) => this.complaints.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    this.phone = this.region("Phone");
    this.incoming = this.region("Incoming call");
    this.active = this.region("Active call");
    this.afterCall = this.region("After-call work");
    this.state = this.region("Agent state");
  }

  /** @param {string} name */
  region(name) {
    return this.page.getByRole("region", { name, exact: true });
  }

  /** A browser window of its own, nobody signed in.
   * @param {Server} server @param {string} user
   * @param {Promise<import("playwright-core").Browser>} chromium */
  static async open(server, user, path = "/", chromium = browser()) {
    const context = await (await chromium).newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1440, height: 900 },
    });
    await context.grantPermissions(["microphone"]);
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_MS_MAX);
    const desktop = new Desktop(page, server, user);
    await page.goto(server.url + path);
    return desktop;
  }

  /** Somebody who hums: a browser of his own with this sound as its microphone, unprocessed.
   * @param {Server} server @param {string} user @param {string} voice */
  static async openWithVoice(server, user, voice) {
    const chromium = browserWithVoice(voice);
    const desktop = await Desktop.open(server, user, "/", chromium);
    desktop.closer = async () => (await chromium).close();
    await desktop.page.addInitScript(rawMicrophone);
    await desktop.page.reload();
    return desktop;
  }

  /** Somebody whose network lets nothing pass but the way to these TURN servers.
   * @param {Server} server @param {string} user @param {string} urls what their addresses match */
  static async openBehindFirewall(server, user, urls) {
    const desktop = await Desktop.open(server, user);
    await desktop.page.addInitScript(onlyThrough, urls);
    await desktop.page.reload();
    return desktop;
  }

  /** Ends a browser of one's own. @type {(() => Promise<void>) | null} */
  closer = null;

  async signIn(password = "demo") {
    await this.page.getByRole("textbox", { name: "User name" }).fill(this.user);
    await this.page.getByRole("textbox", { name: "Password" }).fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Until the phone of this page can be called. */
  async registered() {
    await until("the registration of the phone", async () => {
      const facts = await this.facts();
      return facts?.registration === "registered";
    }, 15_000);
  }

  async ready() {
    await this.page.getByRole("button", { name: "Ready", exact: true }).click();
    await this.showsState("Ready");
  }

  /** Until the desktop shows this state of the agent, as the server pushed it.
   * @param {"Ready" | "Not ready" | "After-call work"} name @param {number} [msMax] */
  async showsState(name, msMax = STEP_MS_MAX) {
    // The buttons beside it have the same words.
    const shown = this.state.locator(".agent-now");
    await shown.getByText(name, { exact: name === "Ready" }).first().waitFor({ timeout: msMax });
  }

  /** @param {string} name */
  press(name) {
    return this.page.getByRole("button", { name, exact: true }).first().click();
  }

  /** The buttons of one region. @param {string} region */
  in(region) {
    const buttons = this.region(region);
    return {
      /** @param {string} name */
      press: (name) => buttons.getByRole("button", { name, exact: true }).first().click(),
    };
  }

  /** Types into a dialog's box. @param {string} box @param {string} text */
  async fill(box, text) {
    const dialog = this.page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: box }).fill(text);
  }

  /** Calls a number from the phone's box. @param {string} number */
  async dial(number) {
    await this.phone.getByRole("combobox", { name: "Number or name" }).fill(number);
    await this.phone.getByRole("button", { name: "Call", exact: true }).click();
  }

  /** Picks something from the person's own menu. @param {string} item */
  async choose(item) {
    await this.page.getByRole("button", { name: /^Account of/ }).click();
    await this.page.getByRole("menuitem", { name: item, exact: true }).click();
  }

  /** Until the call rings in the desktop and in the phone. @param {number} [msMax] */
  async rings(msMax = STEP_MS_MAX) {
    await this.incoming.waitFor({ timeout: msMax });
    await until("the phone's ringing", async () => {
      const facts = await this.facts();
      return facts?.callPhase === "ringing";
    }, msMax);
  }

  /** Until two people can talk. */
  async talks() {
    await this.active.waitFor();
    await until("the phone's conversation", async () => {
      const facts = await this.facts();
      return facts?.callPhase === "talking" && facts.hasStream;
    });
  }

  /** What the phone of the page says about itself. */
  facts() {
    return this.page.evaluate(() => {
      const facts = /** @type {any} */ (window).cordboardDiagnostics;
      if (!facts) return null;
      const { registration, role, callPhase, callUuid, remoteStream } = facts;
      return { registration, role, callPhase, callUuid, hasStream: remoteStream !== null };
    });
  }

  /** The same session by hand: `fetch` inside the page, with its cookie and its CSRF token.
   * @param {string} method @param {string} path @param {unknown} [body]
   * @returns {Promise<{status: number, body: any}>} */
  rest(method, path, body) {
    return this.page.evaluate(
      async ([method, path, body]) => {
        const first = await fetch("/api/v2/me");
        /** @type {Record<string, string>} */
        const headers = { "Content-Type": "application/json" };
        const name = first.headers.get("X-CSRF-HEADER");
        if (name) headers[name] = first.headers.get("X-CSRF-TOKEN") ?? "";
        /** @type {RequestInit} */
        const options = { method, headers };
        if (body !== undefined) options.body = JSON.stringify(body);
        const reply = await fetch(String(path), options);
        const text = await reply.text();
        return { status: reply.status, body: text.startsWith("{") ? JSON.parse(text) : text };
      },
      /** @type {[string, string, any]} */ ([method, path, body]),
    );
  }

  /** The one call of this agent as the server tells it. */
  async call() {
    const { body } = await this.rest("GET", "/api/v2/me/calls?fields=*");
    return body.calls?.[0];
  }

  /** @param {string} file */
  async picture(file) {
    await this.page.screenshot({ path: file });
  }

  async close() {
    await this.page.context().close();
    await this.closer?.();
  }
}

/** Chromium's microphone takes steady tones for noise, and who talks at the same time for echo. */
function rawMicrophone() {
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  const raw = { autoGainControl: false, echoCancellation: false, noiseSuppression: false };
  mediaDevices.getUserMedia = (wanted) => ask({ ...wanted, audio: raw });
}

const STEP_MS_MAX = 10_000;

/** Runs in the page: connections take no way but these servers. @param {string} pattern */
function onlyThrough(pattern) {
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    /** @param {RTCConfiguration} [configuration] */
    constructor(configuration) {
      const servers = (configuration?.iceServers ?? []).map((server) => {
        const urls = [server.urls].flat().filter((url) => new RegExp(pattern).test(url));
        return { ...server, urls };
      });
      super({ ...configuration, iceServers: servers, iceTransportPolicy: "relay" });
    }
  };
}
