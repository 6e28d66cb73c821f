// The agent's state and the buttons that ask for another one. What is shown is what was pushed.

import * as Menu from "@radix-ui/react-dropdown-menu";
import {
  ChevronDown, CircleCheck, CirclePause, ClipboardPen, Coffee, GraduationCap, UsersRound, Utensils,
} from "lucide-react";
import { agentLabel } from "../model/agent";
import type { AgentStatus } from "../model/facts";
import { NOT_READY_REASONS } from "../model/facts";
import { isPending } from "../model/desk";
import { useDesk, useSession } from "./context";
import { Button, Dot, Timer } from "./Controls";

const TONES: Readonly<Record<AgentStatus, "good" | "warn" | "off" | "work">> = {
  Ready: "good",
  NotReady: "warn",
  AfterCallWork: "work",
  LoggedIn: "off",
  LoggedOut: "off",
};

export function AgentStateBar() {
  const session = useSession();
  const desk = useDesk();
  const { agent, calls } = desk;
  const enabled = desk.session === "started";
  const onCall = calls.live.some((call) => call.phase === "Established" || call.phase === "Held");
  return (
    <section className="agent-state" aria-label="Agent state">
      <div className="agent-now" role="group" aria-label="Current state">
        <Dot tone={TONES[agent.status]} />
        <span className="agent-label">
          {agentLabel(agent)}
          {agent.reason === null ? null : <span className="agent-reason">{agent.reason}</span>}
          {onCall ? <span className="agent-reason">on a call</span> : null}
        </span>
        {agent.status === "LoggedOut" || agent.since === 0 ? null : (
          <Timer since={agent.since} label="for" className="muted" />
        )}
      </div>
      <div className="agent-buttons">
        <Button
          label="Ready"
          icon={CircleCheck}
          tone="good"
          shortcut="ready"
          tip="Take calls"
          className={agent.status === "Ready" ? "current" : ""}
          disabled={!enabled}
          pending={isPending(desk, "Ready", null)}
          onClick={() => void session.intents.setState("Ready", null)}
        />
        <span className="split">
          <Button
            label="Not ready"
            icon={CirclePause}
            shortcut="notReady"
            tip="No calls for now"
            className={agent.status === "NotReady" ? "current warn" : ""}
            disabled={!enabled}
            pending={isPending(desk, "NotReady", null)}
            onClick={() => void session.intents.setState("NotReady", null)}
          />
          <ReasonMenu enabled={enabled} />
        </span>
      </div>
    </section>
  );
}

const REASON_ICONS = {
  Break: Coffee,
  Lunch: Utensils,
  Training: GraduationCap,
  Meeting: UsersRound,
} as const;

function ReasonMenu({ enabled }: { enabled: boolean }) {
  const session = useSession();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        className="button plain icon-only"
        aria-label="Choose a reason"
        disabled={!enabled}
      >
        <ChevronDown size={16} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="menu" align="end" sideOffset={6}>
          <Menu.Label className="menu-label">Not ready because of</Menu.Label>
          {NOT_READY_REASONS.map((reason) => {
            const Icon = REASON_ICONS[reason];
            return (
              <Menu.Item
                key={reason}
                className="menu-item"
                onSelect={() => void session.intents.setState("NotReady", reason)}
              >
                <Icon size={15} aria-hidden />
                {reason}
              </Menu.Item>
            );
          })}
          <Menu.Separator className="menu-line" />
          <Menu.Item
            className="menu-item"
            onSelect={() => void session.intents.setState("AfterCallWork", null)}
          >
            <ClipboardPen size={15} aria-hidden />
            After-call work
          </Menu.Item>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
