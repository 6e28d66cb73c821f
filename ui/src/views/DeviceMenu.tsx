// Calls kept away from this phone: do not disturb and forwarding, as far as the device offers them.

import * as Menu from "@radix-ui/react-dropdown-menu";
import { BellOff, BellRing, PhoneForwarded, PhoneIncoming } from "lucide-react";
import { useDesk, useSession } from "./context";
import { DestinationDialog } from "./DestinationDialog";

export function DeviceMenuItems({ onForward }: { onForward: () => void }) {
  const { intents } = useSession();
  const { capabilities } = useDesk().agent;
  const has = (name: string) => capabilities.includes(name);
  const any = ["DoNotDisturbOn", "DoNotDisturbOff", "ForwardCallsOn", "ForwardCallsOff"].some(has);
  if (!any) return null;
  return (
    <>
      {has("DoNotDisturbOn") ? (
        <Menu.Item className="menu-item"
          onSelect={() => void intents.device({ operationName: "DoNotDisturbOn" })}>
          <BellOff size={15} aria-hidden /> Do not disturb
        </Menu.Item>
      ) : null}
      {has("DoNotDisturbOff") ? (
        <Menu.Item className="menu-item"
          onSelect={() => void intents.device({ operationName: "DoNotDisturbOff" })}>
          <BellRing size={15} aria-hidden /> End do not disturb
        </Menu.Item>
      ) : null}
      {has("ForwardCallsOn") ? (
        <Menu.Item className="menu-item" onSelect={onForward}>
          <PhoneForwarded size={15} aria-hidden /> Forward calls…
        </Menu.Item>
      ) : null}
      {has("ForwardCallsOff") ? (
        <Menu.Item className="menu-item"
          onSelect={() => void intents.device({ operationName: "ForwardCallsOff" })}>
          <PhoneIncoming size={15} aria-hidden /> Stop forwarding
        </Menu.Item>
      ) : null}
      <Menu.Separator className="menu-line" />
    </>
  );
}

export function ForwardDialog({ onClose }: { onClose: () => void }) {
  const { intents } = useSession();
  return (
    <DestinationDialog title="Forward calls" onClose={onClose}
      choices={[
        {
          label: "Forward",
          tip: "Calls to you ring there until you stop it",
          icon: PhoneForwarded,
          act: (phoneNumber) => {
            const destination = { phoneNumber };
            return intents.device({ operationName: "ForwardCallsOn", destination });
          },
        },
      ]} />
  );
}
