// After-call work: how long it takes, how long it should, and the way back to Ready.

import { Check, ClipboardPen } from "lucide-react";
import type { WrapUp } from "../model/calls";
import { isPending } from "../model/desk";
import { clock } from "../model/format";
import { callerOf } from "./caller";
import { useDesk, useSession } from "./context";
import { Button, Timer } from "./Controls";
import { useNow } from "./now";
import { PhoneNumber } from "./PhoneNumber";

export function AfterCallWork({ wrapUp }: { wrapUp: WrapUp | null }) {
  const session = useSession();
  const desk = useDesk();
  const since = wrapUp?.endedAt ?? desk.agent.since;
  const call = wrapUp?.call ?? null;
  const caller = call === null ? null : callerOf(call, desk.customers[call.id]);
  return (
    <section className="call-card wrap-up" aria-label="After-call work">
      <div className="call-row">
        <div className="caller">
          <span className="face" aria-hidden>
            <ClipboardPen size={26} />
          </span>
          <div className="caller-words">
            <p className="kicker">After-call work</p>
            <h1>{caller?.name ?? caller?.number ?? "Wrapping up"}</h1>
            <p className="caller-line">
              {caller === null ? null : <PhoneNumber number={caller.number} />}
              {endWords(wrapUp)}
            </p>
          </div>
        </div>
        <Timer className="call-clock" since={since} label="Wrap-up time" />
        <div className="call-buttons">
          <Button label="Complete" icon={Check} tone="good" large shortcut="complete"
            tip="Done: ready for the next call"
            pending={isPending(desk, "Ready", null)}
            onClick={() => void session.intents.complete()} />
        </div>
      </div>
      <WrapUpLimit since={since} seconds={call?.wrapUpSeconds ?? null} />
    </section>
  );
}

function endWords(wrapUp: WrapUp | null): string {
  if (wrapUp === null || wrapUp.call.establishedAt === null) return "The call has ended.";
  const seconds = (wrapUp.endedAt - wrapUp.call.establishedAt) / 1000;
  return `The call has ended after ${clock(seconds)}. Complete makes you ready for the next one.`;
}

function WrapUpLimit({ since, seconds }: { since: number; seconds: number | null }) {
  const now = useNow();
  if (seconds === null || seconds <= 0) return null;
  const spent = Math.max(0, (now - since) / 1000);
  return (
    <div className="ring-foot">
      <span>
        {spent <= seconds
          ? `${Math.ceil(seconds - spent)} s of ${seconds} s left`
          : `over the planned ${seconds} s`}
      </span>
      <progress max={seconds} value={Math.min(seconds, spent)} aria-label="Wrap-up time spent" />
    </div>
  );
}
