// The administrator's session and the address, for every view of the administration.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Admin } from "../../io/admin";
import { words } from "../../io/admin";
import { readAddress, writeAddress } from "../../model/admin/address";
import type { Address } from "../../model/admin/address";
import type { AdminState } from "../../model/admin/state";

export const AdminContext = createContext<Admin | null>(null);

export function useAdmin(): { readonly admin: Admin; readonly state: AdminState } {
  const admin = useContext(AdminContext);
  if (admin === null) throw new Error("a view was drawn outside of the administration");
  return { admin, state: useSyncExternalStore(admin.store.subscribe, admin.store.state) };
}

const onHash = (listener: () => void): (() => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

export function useAddress(): Address {
  return readAddress(useSyncExternalStore(onHash, () => window.location.hash));
}

export function go(address: Address): void {
  window.location.hash = writeAddress(address);
}

/** The same page asked otherwise: Back doesn't stop at each letter. */
export function replaceAddress(address: Address): void {
  window.location.replace(writeAddress(address));
}

export interface Asked<T> {
  readonly value: T | null;
  readonly problem: string | null;
  readonly busy: boolean;
}

/** The server's answer to a question; a new question keeps the old answer until it has its own. */
export function useAsked<T>(question: string, ask: () => Promise<T>): Asked<T> {
  const [answer, setAnswer] = useState<{ question: string; value: T | null; problem: string | null;
  }>({ question: "", value: null, problem: null });
  useEffect(() => {
    let wanted = true;
    const set = (value: T | null, problem: string | null) => {
      if (wanted) setAnswer({ question, value, problem });
    };
    ask().then((value) => set(value, null), (error: unknown) => set(null, words(error)));
    return () => {
      wanted = false;
    };
    // The question says all that `ask` depends on.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [question]);
  return { value: answer.value, problem: answer.problem, busy: answer.question !== question };
}
