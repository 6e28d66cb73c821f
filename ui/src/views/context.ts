// The session and its state, for every view.

import { createContext, useContext, useSyncExternalStore } from "react";
import type { DeskSession } from "../io/session";
import type { DeskState } from "../model/desk";

export const SessionContext = createContext<DeskSession | null>(null);

export function useSession(): DeskSession {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("a view was drawn outside of its session");
  return session;
}

export function useDesk(): DeskState {
  const { store } = useSession();
  return useSyncExternalStore(store.subscribe, store.state);
}
