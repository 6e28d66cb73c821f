// A client of port 2020 in another language, from nothing but the published .proto file.

import path from "node:path";

import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import { ROOT } from "./paths.js";
import { until } from "./wait.js";

const PROTO = path.join(ROOT, "proto/proto/cordboard/stat/v1/stat.proto");

export class StatClient {
  /** Values of each statistic in the order they came. @type {Map<number, (number | string)[]>} */
  values = new Map();
  /** @type {{reference: number, message: string}[]} */
  errors = [];

  /** @param {string} place host:port of the Stat Server */
  constructor(place) {
    const definition = loadSync(PROTO, {
      keepCase: true, longs: Number, enums: String, oneofs: true,
    });
    const root = /** @type {any} */ (grpc.loadPackageDefinition(definition));
    const { StatServer } = root.cordboard.stat.v1;
    this.client = new StatServer(place, grpc.credentials.createInsecure());
    this.session = this.client.Session();
    this.session.on("data", (/** @type {any} */ message) => this.hear(message));
    this.session.on("error", () => {});
  }

  /** @param {any} message */
  hear({ reference_id: reference, info, error }) {
    if (info) {
      const kept = this.values.get(reference) ?? [];
      this.values.set(reference, [...kept, info[info.value]]);
    }
    if (error) this.errors.push({ reference, message: error.message });
  }

  /** @param {number} reference_id @param {string} object e.g. `Queue/VQ_Support`
   * @param {string} name @param {Record<string, unknown>} [more] */
  open(reference_id, object, name, more = {}) {
    const [object_type, object_id] = object.split("/");
    const statistic = { object_type, object_id, name, ...more };
    this.session.write({ reference_id, open_stat: { statistic } });
  }

  /** Until the newest value of a statistic is this.
   * @param {number} reference @param {number | string} value */
  async says(reference, value) {
    const newest = () => this.values.get(reference)?.at(-1);
    try {
      await until(`the value ${value}`, () => newest() === value);
    } catch (error) {
      const all = JSON.stringify([...this.values]);
      throw new Error(`${error}; so far: ${all}, ${JSON.stringify(this.errors)}`);
    }
  }

  close() {
    this.session.end();
    this.client.close();
  }
}
