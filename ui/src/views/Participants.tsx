// Who is on a call of more than two, and the way out for each.

import { PhoneOff, UserRoundX } from "lucide-react";
import { offers } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { phoneNumber } from "../model/format";
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
