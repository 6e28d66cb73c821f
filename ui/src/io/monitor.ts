// The site's facts, read again and again while somebody looks at them.

import type { Monitor } from "../model/monitor";
import { RestError, readMonitor } from "./rest";

export interface MonitorState {
  readonly monitor: Monitor | null;
  readonly problem: string | null;
  /** This person may not see it, or the server has none: nothing to show, nothing to ask again. */
  readonly refused: boolean;
}

export interface MonitorFeed {
  readonly state: () => MonitorState;
  readonly subscribe: (listener: () => void) => () => void;
}

export function monitorFeed(everyMs: number): MonitorFeed {
  let current: MonitorState = { monitor: null, problem: null, refused: false };
  let timer: number | null = null;
  const listeners = new Set<() => void>();
  const set = (next: MonitorState) => {
    current = next;
    for (const listener of listeners) listener();
  };
  const read = async () => {
    try {
      if (!document.hidden) {
        set({ monitor: await readMonitor(), problem: null, refused: false });
      }
    } catch (error) {
      const refused = error instanceof RestError && (error.notFound || error.notAllowed);
      const problem = error instanceof Error ? error.message : "No answer.";
      set({ monitor: current.monitor, problem, refused });
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
