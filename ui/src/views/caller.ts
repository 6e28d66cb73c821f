// Who is calling, from whatever is known so far: the customer's record, else the attached data.

import type { LiveCall } from "../model/calls";
import { otherNumber } from "../model/controls";
import type { CustomerCard } from "../model/desk";
import { capitalised, phoneNumber } from "../model/format";

export interface Caller {
  readonly name: string | null;
  readonly number: string;
  readonly accountType: string | null;
  readonly accountNumber: string | null;
  readonly reason: string | null;
}

export function callerOf(call: LiveCall, card: CustomerCard | undefined): Caller {
  const customer = card?.kind === "known" ? card.customer : null;
  const attached = (key: string) => {
    const value = call.userData[key];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const accountType = customer?.accountType || attached("account_type");
  const reason = attached("call_reason") ?? (customer?.reason || null);
  return {
    name: customer?.name || attached("customer_name"),
    number: phoneNumber(otherNumber(call)),
    accountType: accountType === null ? null : capitalised(accountType),
    accountNumber: customer?.customerId || attached("customer_id"),
    reason: reason === null ? null : capitalised(reason),
  };
}
