// One call waits during another: how that ends.

import { ArrowLeftRight, Merge, PhoneForwarded, Undo2, UserRoundPlus } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { jointTarget } from "../model/controls";
import type { JointOperation, PlacedCall } from "../model/controls";
import { isPending } from "../model/desk";
import type { Details } from "../io/rest";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { useShortcuts } from "./shortcuts";

const JOINTS: readonly {
  readonly operation: JointOperation;
  readonly label: string;
  readonly tip: string;
  readonly icon: LucideIcon;
  readonly details?: Details;
}[] = [
  {
    operation: "CompleteTransfer",
    label: "Complete transfer",
    tip: "They talk to each other; you are free",
    icon: PhoneForwarded,
  },
  {
    operation: "CompleteConference",
    label: "Complete conference",
    tip: "All talk together",
    icon: UserRoundPlus,
  },
  {
    operation: "MergeCalls",
    label: "Join calls",
    tip: "All talk together",
    icon: Merge,
    details: { type: "conference" },
  },
  {
    operation: "MergeCalls",
    label: "Connect them",
    tip: "They talk to each other; you are free",
    icon: PhoneForwarded,
    details: { type: "transfer" },
  },
  {
    operation: "SwapCalls",
    label: "Swap",
    tip: "Talk to the other; this one waits",
    icon: ArrowLeftRight,
  },
  {
    operation: "Reconnect",
    label: "Back to the caller",
    tip: "Ends this call and resumes the other",
    icon: Undo2,
  },
];

export function ConsultBar({ placed }: { placed: PlacedCall }) {
  const { intents } = useSession();
  const desk = useDesk();
  const offered = JOINTS.flatMap((joint) => {
    const target = jointTarget(placed, joint.operation);
    return target === null ? [] : [{ ...joint, target }];
  });
  useShortcuts((shortcut) => {
    const swap = offered.find(({ operation }) => operation === "SwapCalls");
    if (shortcut !== "swap" || swap === undefined) return;
    void intents.callOperation(swap.target.id, "SwapCalls");
  });
  if (offered.length === 0) return null;
  const name = placed.place === "Other call" ? "Both calls" : "Consultation";
  return (
    <div className="tools joint" role="group" aria-label={name}>
      {offered.map(({ operation, label, tip, icon, target, details }, index) => (
        <Button key={label} label={label} icon={icon} tip={tip}
          tone={index === 0 && operation.startsWith("Complete") ? "primary" : "plain"}
          {...(operation === "SwapCalls" ? { shortcut: "swap" as const } : {})}
          pending={isPending(desk, operation, target.id)}
          onClick={() => void intents.callOperation(target.id, operation, details)} />
      ))}
    </div>
  );
}
