// Dialling from the desktop: a number or a colleague's name, and keys for those who prefer them.

import { Grip, Phone } from "lucide-react";
import { useRef, useState } from "react";
import { dialable, mayDial } from "../model/dialling";
import { DIALLING, isPending } from "../model/desk";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { DestinationField } from "./DestinationField";
import { Keypad } from "./Keypad";
import { useShortcuts } from "./shortcuts";

export function DialPad() {
  const session = useSession();
  const desk = useDesk();
  const [typed, setTyped] = useState("");
  const [keys, setKeys] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const allowed = mayDial(desk);
  const number = dialable(typed);
  const pending = isPending(desk, "dial", DIALLING);
  useShortcuts((shortcut) => {
    if (shortcut === "dial") field.current?.focus();
  });
  const dial = async () => {
    if (number !== null && allowed && (await session.intents.dial(number))) setTyped("");
  };
  return (
    <form className="dial" role="search" aria-label="Make a call"
      onSubmit={(event) => {
        event.preventDefault();
        void dial();
      }}>
      <div className="dial-row">
        <DestinationField label="Number or name" value={typed} onChange={setTyped}
          disabled={!allowed} inputRef={field} />
        <Button label="Dial pad" icon={Grip} iconOnly tone="quiet" pressed={keys}
          disabled={!allowed} onClick={() => setKeys(!keys)} />
        <Button label="Call" icon={Phone} iconOnly tone="good" type="submit"
          disabled={!allowed || number === null} pending={pending} />
      </div>
      {keys ? (
        <Keypad label="Dial pad keys" disabled={!allowed}
          onPress={(key) => setTyped(typed + key)} />
      ) : null}
    </form>
  );
}
