// A client of port 5025 in another language, from nothing but the published .proto file.

import path from "node:path";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { ROOT } from "./paths.js";
import { until } from "./wait.js";

/**
 * @typedef {{name: string, this_dn: string, conn_id: string, number: number}
 *   & Record<string, any>} TEvent
 */

const PROTO = path.join(ROOT, "proto/proto/cordboard/tserver/v1/tserver.proto");

export class TClient {
  /** @type {TEvent[]} */
  events = [];
  /** @type {Error | null} */
  failure = null;
  reference = 0;

  /** @param {string} place host:port of the T-Server */
  constructor(place) {
    const definition = loadSync(PROTO, { keepCase: true, longs: Number, enums: String });
    const root = /** @type {any} */ (grpc.loadPackageDefinition(definition));
    const { TServer } = root.cordboard.tserver.v1;
    this.client = new TServer(place, grpc.credentials.createInsecure());
    this.session = this.client.Session();
    this.session.on("data", (/** @type {{event: TEvent}} */ message) => {
      this.events.push(message.event);
    });
    this.session.on("error", (/** @type {Error} */ error) => {
      this.failure = error;
    });
  }

  /** Sends a request and returns its ReferenceID.
   * @param {string} kind e.g. `answer_call` @param {Record<string, unknown>} request
   * @param {Record<string, unknown>} [more] Reasons and Extensions */
  send(kind, request, more = {}) {
    this.reference += 1;
    this.session.write({ reference_id: this.reference, [kind]: request, ...more });
    return this.reference;
  }

  /** Sends a request and waits for the event that it caused, which must not be a refusal.
   * @param {string} kind @param {Record<string, unknown>} request
   * @param {Record<string, unknown>} [more] */
  async ask(kind, request, more) {
    const event = await this.outcome(this.send(kind, request, more));
    if (event.name === "EventError") throw new Error(`${kind}: ${event.error_message}`);
    return event;
  }

  /** The event that a request caused. @param {number} reference */
  outcome(reference) {
    return this.event(`of request ${reference}`, (event) => event.reference_id === reference);
  }

  /** @param {string} what @param {(event: TEvent) => boolean} is @param {number} [msMax] */
  async event(what, is, msMax) {
    try {
      return await until(`the event ${what}`, () => this.events.find(is), msMax);
    } catch (error) {
      const failure = this.failure ? ` (${this.failure.message})` : "";
      throw new Error(`${error}${failure}; so far: ${this.story.join(", ")}`);
    }
  }

  /** @param {string} name @param {string} dn */
  named(name, dn) {
    return this.event(`${name} at ${dn}`, (event) => event.name === name && event.this_dn === dn);
  }

  /** Who saw what, in order. */
  get story() {
    return this.events.map((event) => `${event.this_dn}:${event.name}`);
  }

  close() {
    this.session.end();
    this.client.close();
  }
}
