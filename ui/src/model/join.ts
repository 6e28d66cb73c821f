// One call, two paths: the desktop hears of it by push, the phone by INVITE, in either order. They
// are joined by CallUUID; a path that stays silent is shown rather than hidden.

import type { LiveCall } from "./calls";
import type { PhoneCall } from "./phone";

/** How long the other path may take before it is worth a word. */
export const OTHER_PATH_MS_MAX = 2000;

export type Join =
  | { readonly kind: "none" }
  /** Both paths tell of the same call, or the missing one still has time. */
  | { readonly kind: "one"; readonly call: LiveCall; readonly phone: PhoneCall | null }
  /** The desktop knows a ringing call that never reached the phone. */
  | { readonly kind: "phoneSilent"; readonly call: LiveCall }
  /** The phone has a call of which the desktop was told nothing. */
  | { readonly kind: "desktopSilent"; readonly phone: PhoneCall };

export function joinCall(call: LiveCall | null, phone: PhoneCall | null, now: number): Join {
  if (call === null) {
    if (phone === null) return { kind: "none" };
    const late = now - phone.ringingAt > OTHER_PATH_MS_MAX;
    return late ? { kind: "desktopSilent", phone } : { kind: "none" };
  }
  if (phone !== null && isSame(call, phone)) return { kind: "one", call, phone };
  // A phone that talks already is not called again: its one leg carries every call.
  const busy = phone !== null && phone.phase !== "ringing";
  const late = !busy && call.phase === "Ringing" && now - call.ringingAt > OTHER_PATH_MS_MAX;
  return late ? { kind: "phoneSilent", call } : { kind: "one", call, phone: null };
}

export function isSame(call: LiveCall, phone: PhoneCall): boolean {
  return phone.callUuid === call.callUuid || phone.callUuid === call.id;
}
