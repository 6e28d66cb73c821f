// Read-only facts about the softphone for end-to-end tests and support: see README.md.

import type { DeskSession } from "./session";

export interface CordboardDiagnostics {
  /** off, connecting, registering, registered or failed. */
  readonly registration: string;
  /** waiting, owner or elsewhere: whether this tab has the phone. */
  readonly role: string;
  /** ringing, answering, talking or held; null without a call. */
  readonly callPhase: string | null;
  readonly callUuid: string | null;
  /** What is heard: the far end's audio. */
  readonly remoteStream: MediaStream | null;
}

declare global {
  interface Window {
    cordboardDiagnostics?: CordboardDiagnostics;
  }
}

export function exposeDiagnostics(session: DeskSession): void {
  const phone = () => session.store.state().phone;
  const facts: CordboardDiagnostics = {
    get registration() {
      return phone().registration;
    },
    get role() {
      return phone().role;
    },
    get callPhase() {
      return phone().call?.phase ?? null;
    },
    get callUuid() {
      return phone().call?.callUuid ?? null;
    },
    get remoteStream() {
      return session.phone.audio.remoteStream;
    },
  };
  Object.defineProperty(window, "cordboardDiagnostics", { value: Object.freeze(facts) });
}
