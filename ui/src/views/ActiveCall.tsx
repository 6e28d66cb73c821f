// A call that is up, is being dialled or waits: who, how long, and what may be done with it.

import { Headphones, PhoneOff } from "lucide-react";
import { allows, failureWords } from "../model/controls";
import type { PlacedCall } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { useCaller } from "./caller";
import { CallerBlock } from "./CallerBlock";
import { CallTools } from "./CallTools";
import { ConsultBar } from "./ConsultBar";
import { useDesk, useSession } from "./context";
import { Badge, Button, Timer } from "./Controls";
import { Participants } from "./Participants";
import { Recording } from "./Recording";

const KICKERS = {
  Dialing: "Calling",
  Ringing: "Ringing",
  Established: "Connected",
  Held: "On hold",
  Released: "Ended",
} as const;

export function ActiveCall({ placed }: { placed: PlacedCall }) {
  const { call, place } = placed;
  const session = useSession();
  const desk = useDesk();
  const caller = useCaller(call);
  return (
    <section className={`call-card ${lookOf(call)}`} aria-label={place}>
      <div className="call-row">
        <CallerBlock caller={caller} dnis={isInbound(call) ? call.dnis : null}
          kicker={<Kicker call={call} consults={place === "Consult call"} />} />
        <Timer className="call-clock" since={call.establishedAt ?? call.phaseSince}
          label="Call duration" />
        <div className="call-buttons">
          <Button label="Release" icon={PhoneOff} tone="danger" large shortcut="release"
            disabled={!allows(call, "release")} pending={isPending(desk, "release", call.id)}
            onClick={() => void session.intents.callAction(call.id, "release")} />
        </div>
      </div>
      <CallTools call={call} />
      <Recording call={call} />
      <ConsultBar placed={placed} />
      <Participants call={call} />
    </section>
  );
}

function Kicker({ call, consults }: { call: LiveCall; consults: boolean }) {
  if (call.failure !== null && call.phase === "Dialing") {
    return <span role="alert">{failureWords(call.failure)}</span>;
  }
  const words = call.monitoring ? "Monitoring" : KICKERS[call.phase];
  return (
    <>
      {consults ? `Consultation · ${words.toLowerCase()}` : words}
      {call.phase === "Held" ? (
        <>
          {" "}
          <Timer since={call.phaseSince} label="for" />
        </>
      ) : null}
      {call.supervised ? (
        <Badge>
          <Headphones size={13} aria-hidden /> Supervisor listening
        </Badge>
      ) : null}
    </>
  );
}

function lookOf(call: LiveCall): string {
  if (call.phase === "Held") return "held";
  if (call.phase !== "Dialing") return "active";
  return call.failure === null ? "dialing" : "failed";
}

function isInbound(call: LiveCall): boolean {
  return call.callType !== "Outbound" && call.callType !== "Consult" && call.phase !== "Dialing";
}
