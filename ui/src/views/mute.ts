// One mute for the agent: the server's where the call offers it, else the phone's own.

import { offers } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { effectivePhone } from "../model/phone";
import { useDesk, useSession } from "./context";

export interface Mute {
  readonly muted: boolean;
  readonly possible: boolean;
  readonly pending: boolean;
  readonly toggle: () => void;
}

export function useMute(call: LiveCall | null): Mute {
  const session = useSession();
  const desk = useDesk();
  const { call: phone } = effectivePhone(desk.phone);
  const byPhone = phone?.muted === true;
  const byServer = call?.muted === true;
  const on = call !== null && offers(call, "MuteCall");
  const off = call !== null && offers(call, "UnmuteCall");
  const phoneTalks = phone !== null && (phone.phase === "talking" || phone.phase === "held");
  const toggle = () => {
    if (byPhone || byServer) {
      if (byPhone) session.phone.mute(false);
      if (call !== null && off) void session.intents.callOperation(call.id, "UnmuteCall");
    } else if (call !== null && on) {
      void session.intents.callOperation(call.id, "MuteCall");
    } else {
      session.phone.mute(true);
    }
  };
  return {
    muted: byPhone || byServer,
    possible: on || off || phoneTalks,
    pending: call !== null
      && (isPending(desk, "MuteCall", call.id) || isPending(desk, "UnmuteCall", call.id)),
    toggle,
  };
}
