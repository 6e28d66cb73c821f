// A caller at a glance: face, name, number, account and reason.

import { CircleUserRound, PhoneIncoming } from "lucide-react";
import type { ReactNode } from "react";
import { initials } from "../model/format";
import type { Caller } from "./caller";
import { Badge } from "./Controls";

export function CallerBlock({ caller, dnis, kicker, ringing }: {
  caller: Caller;
  dnis: string | null;
  kicker: ReactNode;
  ringing?: boolean;
}) {
  const { name, number, accountType, reason } = caller;
  return (
    <div className="caller">
      <span className={`face${ringing === true ? " rings" : ""}`} aria-hidden>
        {name === null ? <CircleUserRound size={30} /> : initials(name)}
      </span>
      <div className="caller-words">
        <p className="kicker">{kicker}</p>
        <h1>{name ?? number}</h1>
        <p className="caller-line">
          {name === null ? (
            <span>{caller.colleague ? "Not in the directory" : "Unknown customer"}</span>
          ) : (
            <span className="digits">{number}</span>
          )}
          {accountType === null ? null : <Badge tone="account">{accountType}</Badge>}
          {reason === null ? null : <Badge>{reason}</Badge>}
          {dnis === null ? null : (
            <span className="dialled">
              <PhoneIncoming size={14} aria-hidden /> to {dnis}
            </span>
          )}
        </p>
      </div>
    </div>
  );
}
