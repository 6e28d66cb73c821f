// What the person at the screen asks for: sent to the server, marked as pending until a push
// settles it, and withdrawn when the server refuses.

import { extendedWrapUp, extensionVerb } from "../model/agent";
import type { Verb } from "../model/controls";
import type { CallOperation } from "../model/controls";
import { DIALLING, isPending } from "../model/desk";
import type { DeskEvent, DeskState, Intent } from "../model/desk";
import type { UserData } from "../model/facts";
import type { Store } from "../model/store";
import * as rest from "./rest";

/** A request that was accepted but never followed by a push is not shown as pending for ever. */
const INTENT_MS_MAX = 5000;

export class Intents {
  private tones: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store<DeskState, DeskEvent>,
    private readonly onRefused: (error: unknown) => void,
    private readonly onCalled: (number: string) => void,
    private readonly onDialling: (expected: boolean) => void,
  ) {}

  callAction(callId: string, verb: Exclude<Verb, "userdata">): Promise<boolean> {
    return this.carryOut({ verb, callId }, () => rest.callAction(callId, verb));
  }

  callOperation(
    callId: string,
    operation: CallOperation,
    details: rest.Details = {},
  ): Promise<boolean> {
    const verb = operation + (details.participant ?? "");
    if (details.destination !== undefined) this.onCalled(details.destination.phoneNumber);
    return this.carryOut({ verb, callId }, () => {
      return rest.callOperation(callId, operation, details);
    });
  }

  /** Keys go out in the order in which they were pressed, however fast the fingers are. */
  sendTones(callId: string, digits: string): void {
    this.tones = this.tones
      .then(() => rest.callOperation(callId, "SendDtmf", { digits }))
      .catch((error: unknown) => this.onRefused(error));
  }

  async dial(number: string): Promise<boolean> {
    const { agent } = this.store.state();
    this.onCalled(number);
    this.onDialling(true);
    const sent = await this.carryOut({ verb: "dial", callId: DIALLING }, () => {
      return rest.dial(agent.deviceId, number);
    });
    if (!sent) this.onDialling(false);
    return sent;
  }

  device(wish: rest.DeviceWish): Promise<boolean> {
    const { agent } = this.store.state();
    return this.carryOut({ verb: wish.operationName, callId: null }, () => {
      return rest.deviceOperation(agent.deviceId, wish);
    });
  }

  updateUserData(callId: string, userData: UserData): Promise<boolean> {
    const intent = { verb: "userdata", callId };
    return this.carryOut(intent, () => rest.updateUserData(callId, userData));
  }

  deleteUserData(callId: string, key: string): Promise<boolean> {
    return this.carryOut({ verb: "userdata", callId }, () => rest.deleteUserData(callId, key));
  }

  setState(state: rest.WantedState, reason: string | null): Promise<boolean> {
    return this.carryOut({ verb: state, callId: null }, () => rest.setState(state, reason));
  }

  /** After-call work is done: Ready again. */
  async complete(): Promise<void> {
    const done = await this.setState("Ready", null);
    if (done && this.store.state().agent.status !== "AfterCallWork") {
      this.store.dispatch({ type: "wrapUpClosed" });
    }
  }

  /** More time for after-call work that would end by itself. */
  async extendAfterCallWork(seconds: number): Promise<void> {
    const wrapUpTime = extendedWrapUp(this.store.state().agent, seconds, Date.now());
    if (wrapUpTime === null) return;
    const verb = extensionVerb(seconds);
    await this.carryOut({ verb, callId: null }, () => rest.extendAfterCallWork(wrapUpTime));
  }

  callMeAsCustomer(): Promise<boolean> {
    return this.carryOut({ verb: "customer", callId: null }, rest.callMeAsCustomer);
  }

  private async carryOut(intent: Intent, send: () => Promise<void>): Promise<boolean> {
    if (isPending(this.store.state(), intent.verb, intent.callId)) return false;
    this.store.dispatch({ type: "intentSent", intent });
    try {
      await send();
      window.setTimeout(() => {
        this.store.dispatch({ type: "intentOver", intent });
      }, INTENT_MS_MAX);
      return true;
    } catch (error) {
      this.store.dispatch({ type: "intentOver", intent });
      this.onRefused(error);
      return false;
    }
  }
}
