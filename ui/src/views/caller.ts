// Who is calling, from whatever is known so far: the customer's record, else the attached data.

import type { LiveCall } from "../model/calls";
import { otherNumber } from "../model/controls";
import type { CustomerCard } from "../model/desk";
import { capitalised, phoneNumber } from "../model/format";
import { useDesk } from "./context";
import { useColleague } from "./people";

export interface Caller {
  readonly name: string | null;
  readonly number: string;
  readonly accountType: string | null;
  readonly accountNumber: string | null;
  readonly reason: string | null;
  /** Somebody of the site: no customer, though the customer's data may come along. */
  readonly colleague: boolean;
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
    colleague: false,
  };
}

/** Whom the agent talks to, which in a consultation is a colleague and not the customer. */
export function useCaller(call: LiveCall): Caller {
  const desk = useDesk();
  const number = otherNumber(call);
  const inside = call.callType === "Consult" || call.callType === "Internal";
  const colleague = useColleague(inside ? number : null);
  if (!inside) return callerOf(call, desk.customers[call.id]);
  return {
    name: colleague?.name ?? null,
    number: phoneNumber(number),
    accountType: null,
    accountNumber: null,
    reason: null,
    colleague: true,
  };
}
