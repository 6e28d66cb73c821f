// A client of port 5000 in another language, from nothing but the published .proto file.

import path from "node:path";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { ROOT } from "./paths.js";

const PROTO = path.join(ROOT, "proto/proto/cordboard/config/v1/config.proto");

export class ConfigurationClient {
  /** @param {string} place host:port of the Configuration Server
   * @param {string} user @param {string} password */
  constructor(place, user, password) {
    const definition = loadSync(PROTO, {
      keepCase: true, longs: Number, enums: String, oneofs: true, defaults: true,
    });
    const root = /** @type {any} */ (grpc.loadPackageDefinition(definition));
    const { ConfigurationServer } = root.cordboard.config.v1;
    this.client = new ConfigurationServer(place, grpc.credentials.createInsecure());
    this.metadata = new grpc.Metadata();
    const basic = Buffer.from(`${user}:${password}`).toString("base64");
    this.metadata.set("authorization", `Basic ${basic}`);
  }

  /** @param {string} method @param {object} message @returns {Promise<any>} */
  ask(method, message) {
    return new Promise((resolve, reject) => {
      this.client[method](message, this.metadata,
        (/** @type {any} */ error, /** @type {any} */ answer) => {
          if (error) reject(error);
          else resolve(answer);
        });
    });
  }

  /** The refusal of what must not be done. @param {string} method @param {object} message
   * @returns {Promise<{code: string, message: string, details: any}>} */
  async refused(method, message) {
    const error = await this.ask(method, message).then(() => null, (error) => error);
    if (error === null) throw new Error(`${method} was done`);
    const [details] = error.metadata.get("cordboard-error-bin");
    return {
      code: grpc.status[error.code] ?? "",
      message: error.details,
      details: details === undefined ? null : JSON.parse(details.toString()),
    };
  }

  /** Changes from now on, as they come. @returns {any[]} */
  watch() {
    /** @type {any[]} */
    const seen = [];
    const stream = this.client.WatchChanges({}, this.metadata);
    stream.on("data", (/** @type {any} */ change) => seen.push(change));
    stream.on("error", () => {});
    return seen;
  }
}
