// The agent desktop: state above, the call and its customer in the middle, the phone at the side.

import { useEffect } from "react";
import { agentSentence } from "../model/agent";
import { allows, customerCall, mainCall, offers, otherNumber, placeCalls } from "../model/controls";
import type { LiveCall } from "../model/calls";
import type { Verb } from "../model/controls";
import { isAgent } from "../model/desk";
import type { DeskState } from "../model/desk";
import { phoneNumber } from "../model/format";
import { recordingSentence } from "../model/recording";
import { ActiveCall } from "./ActiveCall";
import { AfterCallWork } from "./AfterCallWork";
import { AgentStateBar } from "./AgentStateBar";
import { Banners } from "./Banners";
import { CallDetails } from "./CallDetails";
import { useDesk, useSession } from "./context";
import { Brand, Dot } from "./Controls";
import { Idle } from "./Idle";
import { IncomingCall } from "./IncomingCall";
import { useMute } from "./mute";
import { PhonePanel } from "./PhonePanel";
import { QueuePanel } from "./QueuePanel";
import { useShortcuts } from "./shortcuts";
import { Supervise } from "./Supervise";
import { UserMenu } from "./UserMenu";

export function Desktop() {
  const desk = useDesk();
  const call = mainCall(desk.calls);
  useDeskShortcuts(desk, call);
  useTitle(call);
  return (
    <div className="desk">
      <header className="topbar">
        <Brand />
        {isAgent(desk) && !desk.phoneless ? <AgentStateBar /> : null}
        <LinkState />
        <UserMenu />
      </header>
      <Banners />
      <div className="desk-main">
        <main className="work">
          <Work desk={desk} call={call} />
        </main>
        <aside className="side">
          {desk.phoneless ? null : <PhonePanel />}
          <Supervise />
          <QueuePanel />
        </aside>
      </div>
      <Announcements desk={desk} call={call} />
    </div>
  );
}

function Work({ desk, call }: { desk: DeskState; call: LiveCall | null }) {
  const { wrapUp } = desk.calls;
  const about = customerCall(desk.calls);
  if (call !== null && about !== null) {
    const placed = placeCalls(desk.calls.live);
    return (
      <>
        {placed.map((each) =>
          each.place === "Incoming call" ? (
            <IncomingCall key={each.call.id} call={each.call} />
          ) : null,
        )}
        <div className="calls">
          {placed.map((each) =>
            each.place === "Incoming call" ? null : (
              <ActiveCall key={each.call.id} placed={each} />
            ),
          )}
        </div>
        <CallDetails call={about} />
      </>
    );
  }
  if (wrapsUp(desk)) {
    return (
      <>
        <AfterCallWork wrapUp={wrapUp} />
        {wrapUp === null ? null : <CallDetails call={wrapUp.call} />}
      </>
    );
  }
  return <Idle />;
}

function wrapsUp(desk: DeskState): boolean {
  return desk.agent.status === "AfterCallWork" || desk.calls.wrapUp !== null;
}

function LinkState() {
  const { link } = useDesk();
  const words = { live: "Live", connecting: "Connecting", broken: "Reconnecting" } as const;
  return (
    <span className="link-state" role="status" aria-label={`Server connection: ${words[link]}`}>
      <Dot tone={link === "live" ? "good" : link === "broken" ? "bad" : "off"} />
      <span className="link-words">{words[link]}</span>
    </span>
  );
}

/** What a screen reader should say without being asked. */
function Announcements({ desk, call }: { desk: DeskState; call: LiveCall | null }) {
  const ringing = call?.phase === "Ringing";
  return (
    <>
      <div className="unseen" role="status" aria-live="polite">
        {desk.agent.since === 0 ? "" : agentSentence(desk.agent)}
      </div>
      <div className="unseen" role="status" aria-live="polite">
        {recordingSentence(desk.calls.live)}
      </div>
      <div className="unseen" role="alert">
        {ringing ? `Incoming call from ${callerWords(desk, call)}. Alt A answers.` : ""}
      </div>
    </>
  );
}

function callerWords(desk: DeskState, call: LiveCall): string {
  const card = desk.customers[call.id];
  if (card?.kind === "known") return card.customer.name;
  return phoneNumber(otherNumber(call));
}

function useTitle(call: LiveCall | null): void {
  const words =
    call === null ? "Cordboard"
    : call.phase === "Ringing" ? `☎ ${call.ani ?? "Incoming call"} · Cordboard`
    : call.phase === "Dialing" ? `Calling ${otherNumber(call)} · Cordboard`
    : `On a call · Cordboard`;
  useEffect(() => {
    document.title = words;
  }, [words]);
}

/** What Alt+W adds to after-call work. */
const EXTENSION_S = 30;

function useDeskShortcuts(desk: DeskState, call: LiveCall | null): void {
  const session = useSession();
  const mute = useMute(call);
  const hold = () => {
    const operation = call?.phase === "Held" ? "Retrieve" : "Hold";
    if (call === null || !offers(call, operation)) return;
    void session.intents.callOperation(call.id, operation);
  };
  useShortcuts((shortcut) => {
    const started = desk.session === "started";
    const act = (verb: Exclude<Verb, "userdata">) => {
      if (call !== null && allows(call, verb)) void session.intents.callAction(call.id, verb);
    };
    switch (shortcut) {
      case "answer":
      case "reject":
      case "release":
        act(shortcut);
        break;
      case "hold":
        hold();
        break;
      case "mute":
        if (mute.possible) mute.toggle();
        break;
      case "ready":
        if (started) void session.intents.setState("Ready", null);
        break;
      case "notReady":
        if (started) void session.intents.setState("NotReady", null);
        break;
      case "complete":
        if (call === null && wrapsUp(desk)) void session.intents.complete();
        break;
      case "moreWrapUp":
        if (call === null) void session.intents.extendAfterCallWork(EXTENSION_S);
        break;
    }
  });
}
