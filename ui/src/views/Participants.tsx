// Who is on a call of more than two, who of them speaks, and the way out for each.

import { PhoneOff, UserRoundX } from "lucide-react";
import { useSyncExternalStore } from "react";
import { offers } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { phoneNumber } from "../model/format";
import { loudness } from "../model/levels";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { useColleague } from "./people";

export function Participants({ call }: { call: LiveCall }) {
  const { intents } = useSession();
  const desk = useDesk();
  if (call.parties.length < 2) return null;
  return (
    <div className="participants">
      <h2 id={`parties-${call.id}`}>Participants</h2>
      <ul aria-labelledby={`parties-${call.id}`}>
        {call.parties.map((party) => (
          <Participant key={party} call={call} party={party} />
        ))}
      </ul>
      {offers(call, "ClearCall") ? (
        <Button label="End for everybody" icon={PhoneOff} tone="quiet"
          pending={isPending(desk, "ClearCall", call.id)}
          onClick={() => void intents.callOperation(call.id, "ClearCall")} />
      ) : null}
    </div>
  );
}

function Participant({ call, party }: { call: LiveCall; party: string }) {
  const { intents } = useSession();
  const desk = useDesk();
  const colleague = useColleague(party);
  const operation = "RemoveParticipantFromConference";
  const name = colleague?.name ?? phoneNumber(party);
  return (
    <li>
      <Speaking callId={call.id} party={party} name={name} />
      <span>{name}</span>
      {colleague === null ? null : <span className="muted digits">{party}</span>}
      {offers(call, operation) ? (
        <Button label={`Remove ${name}`} icon={UserRoundX} iconOnly tone="quiet"
          pending={isPending(desk, operation + party, call.id)}
          onClick={() => {
            void intents.callOperation(call.id, operation, { participant: party });
          }} />
      ) : null}
    </li>
  );
}

/** A mark that grows with the voice; drawn anew only when it changes. */
function Speaking({ callId, party, name }: { callId: string; party: string; name: string }) {
  const { levels } = useSession();
  const size = useSyncExternalStore(levels.subscribe, () => {
    return Math.round(loudness(levels.state(), callId, party) * STEPS) / STEPS;
  });
  const says = size > 0 ? `${name} is speaking` : `${name} is silent`;
  return (
    <span className="speaking" role="img" aria-label={says} data-speaking={size > 0}>
      <span style={{ scale: String(size) }} />
    </span>
  );
}

const STEPS = 5;
