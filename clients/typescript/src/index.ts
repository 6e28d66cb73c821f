// Calls and agents of Cordboard: a session with the T-Server port.

import { fileURLToPath } from "node:url";

import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import type { ClientMessage } from "../generated/cordboard/tserver/v1/ClientMessage.js";
import type { Event__Output } from "../generated/cordboard/tserver/v1/Event.js";
import type { ServerMessage__Output } from "../generated/cordboard/tserver/v1/ServerMessage.js";
import type { ProtoGrpcType } from "../generated/tserver.js";

export { kvList, pairs, type Pairs, type Value } from "./values.js";

export type Event = Event__Output;
type Common = "reference_id" | "reasons" | "extensions" | "request";
type Requests = Omit<ClientMessage, Common>;
/** A request's name, e.g. `answer_call`. */
export type RequestName = keyof Requests;
type Fields<Name extends RequestName> = NonNullable<Requests[Name]>;
type More = Pick<ClientMessage, "reasons" | "extensions">;

/** EventError: `event.error_name` for programs, the message for people. */
export class Refused extends Error {
  constructor(readonly event: Event) {
    super(`${event.error_name} (${event.error_code}): ${event.error_message}`);
  }
}

/** The session is over; the message says why. */
export class Closed extends Error {}

export class TServer {
  private readonly client;
  private readonly stream: grpc.ClientDuplexStream<ClientMessage, ServerMessage__Output>;
  private readonly waiting = new Map<number, Waiting>();
  private readonly unread: Event[] = [];
  private wake = () => {};
  private ended: string | null = null;
  private lastReference = 0;

  /** A session with the T-Server at `host:port`. */
  constructor(place: string, application = "typescript", private readonly msMax = 30_000) {
    this.client = new Service(place, grpc.credentials.createInsecure());
    const metadata = new grpc.Metadata();
    metadata.set("application-name", application);
    this.stream = this.client.Session(metadata);
    this.stream.on("data", ({ event }: ServerMessage__Output) => event && this.take(event));
    this.stream.on("error", (error: Error) => this.end(this.ended ?? error.message));
    this.stream.on("end", () => this.end(""));
  }

  /** Asks for a DN's events. */
  register(this_dn: string, mode: "SHARE" | "PRIVATE" | "MONITOR" = "SHARE"): Promise<Event> {
    return this.ask("register_address", { this_dn, register_mode: `REGISTER_MODE_${mode}` });
  }

  /** Goes on after a lost connection: events since number `last`, then EventRegistered. */
  resume(last: number, server_start_time: number, ...dns: string[]): Promise<Event> {
    const addresses = dns.map((this_dn) => ({ this_dn }));
    return this.ask("resume", { event_sequence_number: last, server_start_time, addresses });
  }

  /** Sends a request and waits for the event that it causes; EventError is thrown as Refused. */
  ask<N extends RequestName>(name: N, fields: Fields<N>, more: More = {}): Promise<Event> {
    if (this.ended !== null) return Promise.reject(new Closed(this.ended));
    const reference_id = ++this.lastReference;
    return new Promise<Event>((resolve, reject) => {
      const late = () => reject(new Error(`${name} was taken, but no event came of it`));
      const timer = setTimeout(late, this.msMax);
      this.waiting.set(reference_id, { resolve, reject, timer });
      this.stream.write({ ...more, reference_id, [name]: fields });
    }).finally(() => {
      clearTimeout(this.waiting.get(reference_id)?.timer);
      this.waiting.delete(reference_id);
    });
  }

  /** Every event from EventLinkConnected on, once; ends when this side closes. */
  async *events(): AsyncGenerator<Event, void> {
    for (;;) {
      const event = this.unread.shift();
      if (event) yield event;
      else if (this.ended === null) await new Promise<void>((resolve) => (this.wake = resolve));
      else if (this.ended === "") return;
      else throw new Closed(this.ended);
    }
  }

  /** Ends the session. */
  close(): void {
    this.end("");
    this.stream.cancel();
    this.client.close();
  }

  private take(event: Event) {
    this.unread.push(event);
    this.wake();
    const asked = this.waiting.get(event.reference_id);
    if (event.name === "EventError") asked?.reject(new Refused(event));
    else asked?.resolve(event);
  }

  private end(why: string) {
    this.ended ??= why;
    this.wake();
    for (const { reject } of this.waiting.values()) reject(new Closed(this.ended));
  }
}

interface Waiting {
  resolve: (event: Event) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

const definition = loadSync("cordboard/tserver/v1/tserver.proto", {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  includeDirs: [fileURLToPath(new URL("../../proto", import.meta.url))],
});
const root = grpc.loadPackageDefinition(definition) as unknown as ProtoGrpcType;
const Service = root.cordboard.tserver.v1.TServer;
