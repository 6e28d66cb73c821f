// After-call work: how long it takes, how long it should, and the way back to Ready.

import { AlarmClockPlus, Check, ClipboardPen } from "lucide-react";
import { extensionVerb } from "../model/agent";
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
      <WrapUpLimit since={since} planned={call?.wrapUpSeconds ?? null} />
    </section>
  );
}

function endWords(wrapUp: WrapUp | null): string {
  if (wrapUp === null || wrapUp.call.establishedAt === null) return "The call has ended.";
  const seconds = (wrapUp.endedAt - wrapUp.call.establishedAt) / 1000;
  return `The call has ended after ${clock(seconds)}. Complete makes you ready for the next one.`;
}

/** Time that the server ends is counted down, and there is more to be had. */
function WrapUpLimit({ since, planned }: { since: number; planned: number | null }) {
  const { agent } = useDesk();
  const now = useNow();
  if (agent.status === "AfterCallWork" && agent.wrapUpEnds !== null) {
    return <TimedWrapUp since={agent.since} ends={agent.wrapUpEnds} now={now} />;
  }
  if (planned === null || planned <= 0) return null;
  const spent = Math.max(0, (now - since) / 1000);
  return (
    <div className="ring-foot">
      <span>
        {spent <= planned
          ? `${Math.ceil(planned - spent)} s of ${planned} s left`
          : `over the planned ${planned} s`}
      </span>
      <progress max={planned} value={Math.min(planned, spent)} aria-label="Wrap-up time spent" />
    </div>
  );
}

function TimedWrapUp({ since, ends, now }: { since: number; ends: number; now: number }) {
  const { intents } = useSession();
  const desk = useDesk();
  const left = Math.max(0, (ends - now) / 1000);
  const whole = Math.max(1, (ends - since) / 1000);
  const urgent = left <= URGENT_S ? " urgent" : "";
  return (
    <div className={`ring-foot timed${urgent}`}>
      <span>
        Ends by itself in{" "}
        <strong role="timer" aria-label="After-call work left" className="digits">
          {clock(Math.ceil(left))}
        </strong>
      </span>
      <span className="extensions" role="group" aria-label="More time">
        {EXTENSIONS.map(({ seconds, label, ...more }) => (
          <Button key={seconds} label={label} icon={AlarmClockPlus} tip="More after-call work"
            pending={isPending(desk, extensionVerb(seconds), null)} {...more}
            onClick={() => void intents.extendAfterCallWork(seconds)} />
        ))}
      </span>
      <progress max={whole} value={Math.min(whole, whole - left)}
        aria-label="Wrap-up time spent" />
    </div>
  );
}

const URGENT_S = 10;
const EXTENSIONS = [
  { seconds: 30, label: "+30 s", shortcut: "moreWrapUp" },
  { seconds: 60, label: "+1 min" },
] as const;
