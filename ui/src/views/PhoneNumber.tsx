// A phone number that is called by a click, wherever the agent may dial just now.

import { dialable, mayDial } from "../model/dialling";
import { phoneNumber } from "../model/format";
import { useDesk, useSession } from "./context";

export function PhoneNumber({ number }: { number: string }) {
  const session = useSession();
  const desk = useDesk();
  const digits = dialable(number);
  const words = phoneNumber(number);
  if (digits === null || digits === desk.agent.dn || !mayDial(desk)) {
    return <span className="digits">{words}</span>;
  }
  return (
    <button type="button" className="number digits" aria-label={`Call ${words}`}
      title={`Call ${words}`} onClick={() => void session.intents.dial(digits)}>
      {words}
    </button>
  );
}
