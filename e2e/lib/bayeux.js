// The genuine CometD client in node, with the session of a person.

import { CometD } from "cometd";
import { adapt } from "cometd-nodejs-client";
import { WebSocket } from "ws";

import { until, within } from "./wait.js";

/** @typedef {import("./rest.js").RestClient} RestClient */

adapt();
const globals = /** @type {any} */ (globalThis).window;
globals.console = { ...console, debug: () => {} };

/** A subscriber that keeps what it was told, in order. */
export class Subscriber {
  /** @type {{channel: string, data: any}[]} */
  told = [];

  /** @param {CometD} cometd */
  constructor(cometd) {
    this.cometd = cometd;
  }

  /**
   * @param {RestClient} client
   * @param {"websocket" | "long-polling"} transport
   * @param {string[]} channels
   * @param {string} [path]
   */
  static async open(client, transport, channels, path = "/notifications") {
    const { cookie, csrf } = client;
    // As a browser does: the cookie goes with the upgrade, other headers don't.
    globals.WebSocket = class extends WebSocket {
      /** @param {string} url @param {string[]} [protocols] */
      constructor(url, protocols) {
        super(url, protocols ?? [], { headers: { Cookie: cookie } });
      }
    };
    const cometd = new CometD();
    for (const name of cometd.getTransportTypes()) {
      if (name !== transport) cometd.unregisterTransport(name);
    }
    cometd.configure({
      url: client.server.url + path,
      requestHeaders: { Cookie: cookie, ...csrf },
      logLevel: "warn",
    });
    const subscriber = new Subscriber(cometd);
    const shaken = await within(
      new Promise((resolve) => cometd.handshake((reply) => resolve(reply))),
      `the ${transport} handshake`,
    );
    if (!shaken.successful) throw new Error(`handshake refused: ${JSON.stringify(shaken)}`);
    for (const channel of channels) {
      const reply = await within(
        new Promise((resolve) => {
          const keep = (/** @type {any} */ message) => subscriber.keep(message);
          cometd.subscribe(channel, keep, (answer) => resolve(answer));
        }),
        `the subscription to ${channel}`,
      );
      if (!reply.successful) throw new Error(`subscription refused: ${JSON.stringify(reply)}`);
    }
    return subscriber;
  }

  /** @param {{channel: string, data: any}} message */
  keep(message) {
    this.told.push({ channel: message.channel, data: message.data });
  }

  /** The states of calls in the order they were pushed. */
  get callStates() {
    return this.calls.map((data) => data.call.state);
  }

  get calls() {
    const calls = this.told.filter(({ channel }) => channel === "/v2/me/calls");
    return calls.map(({ data }) => data).filter((data) => data.notificationType === "StatusChange");
  }

  /** @param {string} state @returns {Promise<any>} */
  call(state) {
    const find = () => this.calls.find((data) => data.call.state === state);
    return until(`a push of a ${state} call`, find);
  }

  async close() {
    await within(new Promise((resolve) => this.cometd.disconnect(() => resolve(null))), "goodbye");
  }
}
