// What may be done with a call that is up. The row keeps its places: what the server doesn't offer
// just now is grey, so that nothing moves under the mouse.

import {
  Grip, Mic, MicOff, Pause, PhoneForwarded, Play, UserRoundPlus,
} from "lucide-react";
import { useState } from "react";
import { mainCall, offers } from "../model/controls";
import type { LiveCall } from "../model/calls";
import { isPending } from "../model/desk";
import { ConferenceDialog, TransferDialog } from "./CallDialogs";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { Keypad, useKeypadKeys } from "./Keypad";
import { useMute } from "./mute";
import { useShortcuts } from "./shortcuts";

type Open = "transfer" | "conference" | null;

export function CallTools({ call }: { call: LiveCall }) {
  const desk = useDesk();
  const [open, setOpen] = useState<Open>(null);
  const [keypad, setKeypad] = useState(false);
  const mayTransfer = offers(call, "SingleStepTransfer") || offers(call, "InitiateTransfer");
  const mayConfer = offers(call, "SingleStepConference") || offers(call, "InitiateConference");
  const mayPress = offers(call, "SendDtmf");
  const isMain = mainCall(desk.calls)?.id === call.id;
  useShortcuts((shortcut) => {
    if (!isMain) return;
    if (shortcut === "transfer" && mayTransfer) setOpen("transfer");
    if (shortcut === "conference" && mayConfer) setOpen("conference");
    if (shortcut === "keypad" && mayPress) setKeypad(!keypad);
  });
  return (
    <>
      <div className="tools" role="group" aria-label="Call controls">
        <HoldTool call={call} />
        <MuteTool call={call} />
        <Button label="Keypad" icon={Grip} shortcut="keypad" tip="Send tones" disabled={!mayPress}
          pressed={keypad && mayPress} onClick={() => setKeypad(!keypad)} />
        <Button label="Transfer" icon={PhoneForwarded} shortcut="transfer"
          tip="Give the call to somebody else" disabled={!mayTransfer}
          onClick={() => setOpen("transfer")} />
        <Button label="Conference" icon={UserRoundPlus} shortcut="conference"
          tip="Add somebody to the call" disabled={!mayConfer}
          onClick={() => setOpen("conference")} />
      </div>
      {keypad && mayPress ? <Tones call={call} active={isMain} /> : null}
      {open === "transfer" && mayTransfer ? (
        <TransferDialog call={call} onClose={() => setOpen(null)} />
      ) : null}
      {open === "conference" && mayConfer ? (
        <ConferenceDialog call={call} onClose={() => setOpen(null)} />
      ) : null}
    </>
  );
}

function HoldTool({ call }: { call: LiveCall }) {
  const { intents } = useSession();
  const desk = useDesk();
  if (call.phase === "Held") {
    return (
      <Button label="Resume" icon={Play} shortcut="hold" tip="Talk again"
        tone={offers(call, "Retrieve") ? "good" : "plain"} disabled={!offers(call, "Retrieve")}
        pending={isPending(desk, "Retrieve", call.id)}
        onClick={() => void intents.callOperation(call.id, "Retrieve")} />
    );
  }
  return (
    <Button label="Hold" icon={Pause} shortcut="hold" tip="The others hear music"
      disabled={!offers(call, "Hold")} pending={isPending(desk, "Hold", call.id)}
      onClick={() => void intents.callOperation(call.id, "Hold")} />
  );
}

/** A held call hears nothing of the agent: the phone's own mute is for the one talked on. */
function MuteTool({ call }: { call: LiveCall }) {
  const mute = useMute(call);
  const byServer = offers(call, "MuteCall") || offers(call, "UnmuteCall");
  const possible = mute.possible && (byServer || call.phase === "Established");
  const muted = mute.muted && possible;
  return (
    <Button label="Mute" icon={muted ? MicOff : Mic} shortcut="mute"
      tip={muted ? "Muted: nobody hears you" : "Mute your microphone"}
      className={muted ? "mute on" : "mute"} pressed={muted} disabled={!possible}
      pending={mute.pending} onClick={mute.toggle} />
  );
}

const TONES_SHOWN_MAX = 24;

function Tones({ call, active }: { call: LiveCall; active: boolean }) {
  const { intents } = useSession();
  const [sent, setSent] = useState("");
  const press = (key: string) => {
    setSent((before) => (before + key).slice(-TONES_SHOWN_MAX));
    intents.sendTones(call.id, key);
  };
  useKeypadKeys(active, press);
  return (
    <div className="tones">
      <output className="tones-sent digits" aria-label="Tones sent">
        {sent === "" ? <span className="muted">Click, or type on the keyboard</span> : sent}
      </output>
      <Keypad label="Keypad" onPress={press} />
    </div>
  );
}
