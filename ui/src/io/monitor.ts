// The site's facts, read again and again while somebody looks at them.

import type { Monitor } from "../model/monitor/monitor";
import { keepSame } from "../model/monitor/same";
import { RestError, readMonitor } from "./rest";

export interface MonitorState {
  readonly monitor: Monitor | null;
  readonly problem: string | null;
  /** This person may not see it, or the server has none: nothing to show, nothing to ask again. */
  readonly refused: boolean;
  /** When the figures were read, in ms since 1970; 0: never. */
  readonly readAtMs: number;
}

export interface MonitorFeed {
  readonly state: () => MonitorState;
  readonly subscribe: (listener: () => void) => () => void;
}

/** With details: the tables of agents and calls as well, for those who may see them. */
export function monitorFeed(everyMs: number, wantsDetails = false): MonitorFeed {
  let current: MonitorState = { monitor: null, problem: null, refused: false, readAtMs: 0 };
  let details = wantsDetails;
  let timer: number | null = null;
  const listeners = new Set<() => void>();
  const set = (next: MonitorState) => {
    current = next;
    for (const listener of listeners) listener();
  };
  const read = async (): Promise<void> => {
    try {
      if (!document.hidden) {
        const monitor = keepSame(current.monitor, await readMonitor(details));
        // Reading and drawing in two turns, so that neither makes a frame late for the other.
        await new Promise((resolve) => window.setTimeout(resolve));
        set({ monitor, problem: null, refused: false, readAtMs: Date.now() });
      }
    } catch (error) {
      if (details && error instanceof RestError && error.notAllowed) {
        details = false;
        return read();
      }
      const refused = error instanceof RestError && (error.notFound || error.notAllowed);
      const problem = error instanceof Error ? error.message : "No answer.";
      set({ ...current, problem, refused });
    }
    if (listeners.size === 0 || current.refused) return;
    timer = window.setTimeout(() => void read(), everyMs);
  };
  return {
    state: () => current,
    subscribe: (listener) => {
      listeners.add(listener);
      if (listeners.size === 1) void read();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && timer !== null) window.clearTimeout(timer);
      };
    },
  };
}
