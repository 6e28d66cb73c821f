// Where a call should go, and whether to ask there first.

import { MessagesSquare, PhoneForwarded, UserRoundPlus } from "lucide-react";
import { offers } from "../model/controls";
import type { CallOperation } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { callerOf } from "./caller";
import { useDesk, useSession } from "./context";
import { DestinationDialog } from "./DestinationDialog";
import type { Choice } from "./DestinationDialog";

interface Props {
  readonly call: LiveCall;
  readonly onClose: () => void;
}

type Offer = Omit<Choice, "act"> & { readonly operation: CallOperation };

const TRANSFERS: readonly Offer[] = [
  {
    label: "Transfer now",
    tip: "The call rings there; you are free",
    icon: PhoneForwarded,
    operation: "SingleStepTransfer",
  },
  {
    label: "Ask first",
    tip: "Talk to them while the caller waits",
    icon: MessagesSquare,
    operation: "InitiateTransfer",
  },
];

const CONFERENCES: readonly Offer[] = [
  {
    label: "Add now",
    tip: "They join as soon as they answer",
    icon: UserRoundPlus,
    operation: "SingleStepConference",
  },
  {
    label: "Ask first",
    tip: "Talk to them while the caller waits",
    icon: MessagesSquare,
    operation: "InitiateConference",
  },
];

const REDIRECTS: readonly Offer[] = [
  {
    label: "Send",
    tip: "It rings there instead",
    icon: PhoneForwarded,
    operation: "Redirect",
  },
];

export function TransferDialog({ call, onClose }: Props) {
  return (
    <DestinationDialog title={`Transfer ${useName(call)}`} choices={useChoices(call, TRANSFERS)}
      onClose={onClose} />
  );
}

export function ConferenceDialog({ call, onClose }: Props) {
  return (
    <DestinationDialog title="Add somebody to the call" choices={useChoices(call, CONFERENCES)}
      onClose={onClose} />
  );
}

export function RedirectDialog({ call, onClose }: Props) {
  return (
    <DestinationDialog title="Send the call elsewhere" choices={useChoices(call, REDIRECTS)}
      onClose={onClose} />
  );
}

function useName(call: LiveCall): string {
  const caller = callerOf(call, useDesk().customers[call.id]);
  return caller.name ?? caller.number;
}

function useChoices(call: LiveCall, offered: readonly Offer[]): readonly Choice[] {
  const { intents } = useSession();
  return offered
    .filter(({ operation }) => offers(call, operation))
    .map(({ operation, ...choice }) => ({
      ...choice,
      act: (number) => {
        const destination = { phoneNumber: number };
        return intents.callOperation(call.id, operation, { destination });
      },
    }));
}
