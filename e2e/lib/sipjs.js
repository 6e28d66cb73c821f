// SIP.js as an agent's phone: another library than our desktop's, in a Chromium of its own, with
// its SIP over our WebSocket and its voice through our gateway.

import { readFile } from "node:fs/promises";
import path from "node:path";

import { browserWithVoice } from "./browser.js";
import { recordRemote } from "./ear.js";
import { E2E, outFolder } from "./paths.js";
import { until } from "./wait.js";

/** @typedef {import("playwright-core").Page} Page */

export class SipJsPhone {
  /** @param {Page} page @param {string} dn @param {() => Promise<void>} closer */
  constructor(page, dn, closer) {
    this.page = page;
    this.dn = dn;
    this.closer = closer;
  }

  /** Registers a DN. @param {import("./server.js").Server} server @param {string} dn
   * @param {string} voice a WAV file at 48 kHz */
  static async open(server, dn, voice) {
    const chromium = await browserWithVoice(voice);
    const page = await (await chromium.newContext()).newPage();
    const phone = new SipJsPhone(page, dn, () => chromium.close());
    try {
      await page.route("**/telephone/**", (route) => serve(route));
      // A document that really came from this address may talk to it; its text doesn't matter.
      await page.goto(`${server.url}/metrics`);
      await page.evaluate(start, { dn, host: server.at.http });
      await phone.notes("registered");
    } catch (error) {
      await chromium.close();
      throw error;
    }
    return phone;
  }

  /** Until the page noted this, once more than at the last time.
   * @param {"registered" | "ringing" | "up" | "held" | "retrieved" | "over"} what */
  async notes(what) {
    await until(`SIP.js noting "${what}"`, () => this.page.evaluate((what) => {
      const { notes } = /** @type {any} */ (window).telephone;
      const at = notes.indexOf(what);
      if (at >= 0) notes.splice(at, 1);
      return at >= 0;
    }, what));
  }

  /** One of its buttons.
   * @param {"answer" | "hold" | "unhold" | "hangup" | "sendDTMF" | "transfer"} order
   * @param {string[]} more */
  async press(order, ...more) {
    await this.page.evaluate(({ order, more }) => {
      const { manager, session } = /** @type {any} */ (window).telephone;
      return manager[order](session, ...more);
    }, { order, more });
  }

  /** A key as events among its voice (RFC 4733). @param {string} key */
  async pressInBand(key) {
    await this.page.evaluate((key) => {
      const { session } = /** @type {any} */ (window).telephone;
      return session.sessionDescriptionHandler.sendDtmf(key);
    }, key);
  }

  /** @param {string} target a SIP address */
  async dial(target) {
    await this.page.evaluate((target) => {
      return /** @type {any} */ (window).telephone.manager.call(target);
    }, target);
  }

  /** Watches another DN's line, or whether it is there, as keys with a lamp do.
   * @param {string} dn @param {"dialog" | "presence"} what */
  async watch(dn, what) {
    await this.page.evaluate(async ({ dn, what }) => {
      const { manager, watched } = /** @type {any} */ (window).telephone;
      const library = "/telephone/index.js";
      const { Subscriber, UserAgent } = await import(library);
      const agent = manager.userAgent;
      const target = UserAgent.makeURI(`sip:${dn}@${location.host}`);
      const subscriber = new Subscriber(agent, target, what, {
        delegate: {
          /** @param {any} notification */
          onNotify: (notification) => {
            watched.push(notification.request.body);
            void notification.accept();
          },
        },
      });
      await subscriber.subscribe();
    }, { dn, what });
  }

  /** Until the last that it was told of whom it watches is like this. @param {RegExp} pattern */
  async sees(pattern) {
    await until(`a NOTIFY with ${pattern}`, async () => {
      const last = await this.page.evaluate(() =>
        /** @type {any} */ (window).telephone.watched.at(-1) ?? "");
      return pattern.test(last);
    });
  }

  /** What it hears from now on. @param {number} ms */
  listen(ms) {
    const file = path.join(outFolder("tones"), `sipjs-${this.dn}.wav`);
    return recordRemote(this.page, file, ms / 1000);
  }

  async close() {
    await this.closer();
  }
}

/** The library as npm delivers it. @param {import("playwright-core").Route} route */
async function serve(route) {
  const { pathname } = new URL(route.request().url());
  const name = pathname.replace("/telephone/", "");
  const file = path.join(E2E, "node_modules/sip.js/lib", path.normalize(name));
  await route.fulfill({ contentType: "text/javascript", body: await readFile(file) });
}

/** In the page: a telephone with the library's own session manager.
 * @param {{dn: string, host: string}} account */
async function start({ dn, host }) {
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  const raw = { autoGainControl: false, echoCancellation: false, noiseSuppression: false };
  mediaDevices.getUserMedia = () => ask({ audio: raw });

  const library = "/telephone/index.js";
  const { Web } = await import(library);
  /** @type {{notes: string[], watched: string[], session: any, manager: any}} */
  const telephone = { notes: [], watched: [], session: null, manager: null };
  const page = /** @type {any} */ (window);
  page.telephone = telephone;
  /** @type {(session: any) => void} */
  const begins = (session) => {
    telephone.session = session;
  };
  telephone.manager = new Web.SessionManager(`ws://${host}/ws`, {
    aor: `sip:${dn}@${host}`,
    media: { remote: { audio: new Audio() } },
    registererOptions: { expires: 300 },
    userAgentOptions: {
      authorizationUsername: dn,
      authorizationPassword: "demo",
      logBuiltinEnabled: false,
      // The library's default asks a public STUN server.
      sessionDescriptionHandlerFactoryOptions: {
        peerConnectionConfiguration: { iceServers: [] },
      },
    },
    delegate: {
      onRegistered: () => telephone.notes.push("registered"),
      onCallCreated: begins,
      onCallReceived: () => telephone.notes.push("ringing"),
      onCallAnswered: (/** @type {any} */ session) => {
        telephone.notes.push("up");
        const { remoteMediaStream } = session.sessionDescriptionHandler;
        page.cordboardDiagnostics = { remoteStream: remoteMediaStream };
      },
      onCallHold: (/** @type {any} */ _, /** @type {boolean} */ isHeld) => {
        telephone.notes.push(isHeld ? "held" : "retrieved");
      },
      onCallHangup: () => telephone.notes.push("over"),
    },
  });
  await telephone.manager.connect();
  await telephone.manager.register();
}
