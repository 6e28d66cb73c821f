// The screen pop: large, and gone as soon as somebody else has the call.

import { Phone, PhoneForwarded, PhoneOff, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { allows, offers } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { joinCall } from "../model/join";
import { effectivePhone } from "../model/phone";
import { useCaller } from "./caller";
import { CallerBlock } from "./CallerBlock";
import { RedirectDialog } from "./CallDialogs";
import { useDesk, useSession } from "./context";
import { Button, Timer } from "./Controls";
import { useNow } from "./now";

export function IncomingCall({ call }: { call: LiveCall }) {
  const session = useSession();
  const desk = useDesk();
  const caller = useCaller(call);
  const [elsewhere, setElsewhere] = useState(false);
  const answering = isPending(desk, "answer", call.id);
  return (
    <section className="call-card ringing" aria-label="Incoming call">
      <div className="call-row">
        <CallerBlock caller={caller} dnis={call.dnis} kicker="Incoming call" ringing />
        <div className="call-buttons">
          {allows(call, "answer") ? (
            <Button label="Answer" icon={Phone} tone="good" large shortcut="answer"
              pending={answering}
              onClick={() => void session.intents.callAction(call.id, "answer")} />
          ) : null}
          {allows(call, "reject") ? (
            <Button label="Reject" icon={PhoneOff} tone="danger" large shortcut="reject"
              disabled={answering} pending={isPending(desk, "reject", call.id)}
              onClick={() => void session.intents.callAction(call.id, "reject")} />
          ) : null}
          {offers(call, "Redirect") ? (
            <Button label="Send elsewhere" icon={PhoneForwarded} large iconOnly
              disabled={answering} pending={isPending(desk, "Redirect", call.id)}
              onClick={() => setElsewhere(true)} />
          ) : null}
        </div>
      </div>
      <RingFoot call={call} />
      {elsewhere && offers(call, "Redirect") ? (
        <RedirectDialog call={call} onClose={() => setElsewhere(false)} />
      ) : null}
    </section>
  );
}

/** How long it has rung and how long it may; a phone that stays silent is named. */
function RingFoot({ call }: { call: LiveCall }) {
  const now = useNow();
  const desk = useDesk();
  const join = joinCall(call, effectivePhone(desk.phone).call, now);
  const limit = call.noAnswerSeconds;
  const rung = Math.max(0, (now - call.ringingAt) / 1000);
  return (
    <div className="ring-foot">
      {join.kind === "phoneSilent" ? (
        <span className="ring-alarm" role="alert">
          <TriangleAlert size={15} aria-hidden />
          Your phone isn&rsquo;t ringing. Check that it is registered.
        </span>
      ) : (
        <span>
          Ringing <Timer since={call.ringingAt} label="for" />
        </span>
      )}
      {limit === null && rung >= LATE_S ? (
        <span className="ring-limit" role="status">
          The caller&rsquo;s network may give up soon
        </span>
      ) : null}
      {limit === null ? null : (
        <>
          <span className="ring-limit">
            goes to another agent in {Math.max(0, Math.ceil(limit - rung))} s
          </span>
          <progress max={limit} value={Math.min(limit, rung)} aria-label="Time left to answer" />
        </>
      )}
    </div>
  );
}

/** SIP servers give a call up after some 32 s. */
const LATE_S = 25;
