// JsSIP's declarations build on node's emitter; this is the part of it that they need.
declare module "events" {
  export class EventEmitter {
    removeAllListeners(): this;
  }
}
