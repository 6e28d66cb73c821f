// A call that is up: who, how long, and what may be done with it.

import { Pause, PhoneOff, Play } from "lucide-react";
import { allows } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { callerOf } from "./caller";
import { CallerBlock } from "./CallerBlock";
import { useDesk, useSession } from "./context";
import { Button, Timer } from "./Controls";

const KICKERS = {
  Dialing: "Calling",
  Ringing: "Ringing",
  Established: "Connected",
  Held: "On hold",
  Released: "Ended",
} as const;

export function ActiveCall({ call }: { call: LiveCall }) {
  const session = useSession();
  const desk = useDesk();
  const caller = callerOf(call, desk.customers[call.id]);
  const held = call.phase === "Held";
  return (
    <section className={`call-card ${held ? "held" : "active"}`} aria-label="Active call">
      <div className="call-row">
        <CallerBlock caller={caller} dnis={call.dnis} kicker={KICKERS[call.phase]} />
        <Timer className="call-clock" since={call.establishedAt ?? call.phaseSince}
          label="Call duration" />
        <div className="call-buttons">
          {allows(call, "hold") ? (
            <Button label="Hold" icon={Pause} large shortcut="hold"
              pending={isPending(desk, "hold", call.id)}
              onClick={() => void session.intents.callAction(call.id, "hold")} />
          ) : null}
          {allows(call, "retrieve") ? (
            <Button label="Resume" icon={Play} tone="good" large shortcut="hold"
              pending={isPending(desk, "retrieve", call.id)}
              onClick={() => void session.intents.callAction(call.id, "retrieve")} />
          ) : null}
          {allows(call, "release") ? (
            <Button label="Release" icon={PhoneOff} tone="danger" large shortcut="release"
              pending={isPending(desk, "release", call.id)}
              onClick={() => void session.intents.callAction(call.id, "release")} />
          ) : null}
        </div>
      </div>
    </section>
  );
}
