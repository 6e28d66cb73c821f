// Between calls: where one stands, and what to do next.

import { PhoneIncoming } from "lucide-react";
import { isAgent, isPending } from "../model/desk";
import type { DeskState } from "../model/desk";
import { capitalised } from "../model/format";
import { effectivePhone } from "../model/phone";
import { CordArt } from "./CordArt";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { SHORTCUTS } from "./shortcuts";

const HINTED = [
  "answer", "release", "mute", "ready", "notReady", "complete", "dial",
] as const;

export function Idle() {
  const session = useSession();
  const desk = useDesk();
  const { title, text } = idleWords(desk);
  return (
    <div className="idle">
      <CordArt />
      <h1>{title}</h1>
      <p className="muted">{text}</p>
      {desk.phoneless ? (
        <a className="button plain" href="/monitor">
          Open monitoring
        </a>
      ) : null}
      {desk.demo && desk.session === "started" ? (
        <div className="idle-demo">
          <Button label="Call me as a customer" icon={PhoneIncoming}
            pending={isPending(desk, "customer", null)}
            tip="A simulated customer dials the support line and speaks"
            onClick={() => void session.intents.callMeAsCustomer()} />
        </div>
      ) : null}
      <dl className="keys" aria-label="Keyboard shortcuts">
        {HINTED.map((name) => (
          <div key={name}>
            <dt>{name === "notReady" ? "Not ready" : capitalised(name)}</dt>
            <dd>
              <kbd>{SHORTCUTS[name].label}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function idleWords(desk: DeskState): { title: string; text: string } {
  const { agent, stage } = desk;
  if (desk.phoneless) {
    const name = stage.kind === "signedIn" ? stage.user.fullName : "";
    return { title: `Welcome, ${name}`, text: "This account has no phone and takes no calls." };
  }
  if (desk.session === "refused") {
    return { title: "Not logged in here", text: "No calls reach this page until you are." };
  }
  const { registration } = effectivePhone(desk.phone);
  if (registration === "registered" && !isAgent(desk)) {
    return {
      title: "Your phone is ready",
      text: "Choose an agent under Supervise to hear a call, or to help in it.",
    };
  }
  switch (agent.status) {
    case "Ready":
      return {
        title: "Ready for the next call",
        text: "It will appear here, with the customer’s record, as soon as it rings.",
      };
    case "NotReady":
      return {
        title: agent.reason === null ? "You are not ready" : `Not ready: ${agent.reason}`,
        text: `${whyNotReady(agent.reason)}No calls reach you until you choose Ready.`,
      };
    case "AfterCallWork":
    case "LoggedIn":
      return { title: "Almost there", text: "Logging in to the phone system." };
    case "LoggedOut":
      if (registration === "registered") {
        return { title: "Almost there", text: "Logging in to the phone system." };
      }
      return {
        title:
          registration === "failed" ? "Your phone isn’t registered" : "Connecting your phone",
        text: "Calls can reach you once it is registered.",
      };
  }
}

/** Reasons that the server gives by itself, when a call could not be delivered. */
function whyNotReady(reason: string | null): string {
  switch (reason) {
    case "No answer":
      return "A call rang here and was not answered, so it went back to its queue. ";
    case "Call rejected":
      return "You rejected a call; it went back to its queue. ";
    case "Phone not reachable":
      return "A call could not reach your phone; it went back to its queue. ";
    default:
      return "";
  }
}
