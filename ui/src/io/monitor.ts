// The site's facts, read again and again while somebody looks at them.

import { decodeMonitor } from "../model/monitor/monitor";
import type { Monitor } from "../model/monitor/monitor";
import { keepSame } from "../model/monitor/same";
import { RestError, readMonitor } from "./rest";

const FRAME_MS_MAX = 100;

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

/** After the next frame is drawn; pages that are not seen have none. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const late = window.setTimeout(resolve, FRAME_MS_MAX);
    window.requestAnimationFrame(() => {
      window.clearTimeout(late);
      window.setTimeout(resolve);
    });
  });
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
        // Reading, understanding and drawing in frames of their own, so that none is late.
        const body = await readMonitor(details);
        await nextFrame();
        const monitor = keepSame(current.monitor, decodeMonitor(body));
        await nextFrame();
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
