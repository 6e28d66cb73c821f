// For supervisors: hear an agent's calls, whisper to the agent, or join in. What the device offers
// is what there is to press; what it says is what is shown.

import { Ear, Headphones, Mic, Square, UsersRound } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { useState } from "react";
import { dialable } from "../model/dialling";
import { isPending } from "../model/desk";
import type { MonitorMode } from "../model/facts";
import { MONITOR_MODES, monitoringWords } from "../model/supervise";
import { useDesk, useSession } from "./context";
import { Button, Card, Dot } from "./Controls";
import { DestinationField } from "./DestinationField";
import { useColleague } from "./people";

const BUTTONS: Readonly<Record<MonitorMode, { label: string; tip: string; icon: LucideIcon }>> = {
  ListenIn: { label: "Listen", tip: "Nobody hears you", icon: Ear },
  Coach: { label: "Coach", tip: "Only the agent hears you", icon: Mic },
  BargeIn: { label: "Barge in", tip: "Everybody hears you", icon: UsersRound },
};

export function Supervise() {
  const { intents } = useSession();
  const desk = useDesk();
  const [typed, setTyped] = useState("");
  const { capabilities, monitoring } = desk.agent;
  const offered = MONITOR_MODES.filter((mode) => capabilities.includes(mode));
  const mayStop = capabilities.includes("CancelSupervisorMonitoring");
  if (offered.length === 0 && !mayStop && monitoring === null) return null;
  const number = dialable(typed) ?? (typed === "" ? (monitoring?.target ?? null) : null);
  return (
    <Card title="Supervise" icon={Headphones} className="supervise">
      <MonitoringStatus />
      <DestinationField label="Agent or number" value={typed} onChange={setTyped}
        numbers={false} />
      <div className="supervise-buttons">
        {offered.map((mode) => (
          <Button key={mode} {...BUTTONS[mode]} disabled={number === null}
            pressed={monitoring !== null && monitoring.mode === mode}
            pending={isPending(desk, mode, null)}
            onClick={() => {
              if (number === null) return;
              void intents.device({ operationName: mode, phoneNumber: number });
            }} />
        ))}
        <Button label="Stop" icon={Square} tip="Stop monitoring" disabled={!mayStop}
          pending={isPending(desk, "CancelSupervisorMonitoring", null)}
          onClick={() => void intents.device({ operationName: "CancelSupervisorMonitoring" })} />
      </div>
    </Card>
  );
}

function MonitoringStatus() {
  const { monitoring } = useDesk().agent;
  const target = monitoring?.target ?? null;
  const name = useColleague(target)?.name ?? target ?? "an agent";
  return (
    <p className="supervise-now" role="status" aria-label="Monitoring">
      <Dot tone={monitoring === null ? "off" : "busy"} />
      {monitoring === null ? "Not monitoring" : monitoringWords(monitoring, name)}
    </p>
  );
}
