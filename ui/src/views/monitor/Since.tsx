// Time since a moment, written straight into the page once a second: one timer for all of them,
// and no work for React.

import { useEffect, useRef } from "react";
import { clock } from "../../model/format";

const TICK_MS = 1000;
const shown = new Map<HTMLElement, number>();
let timer: number | null = null;

function write(element: HTMLElement, sinceMs: number): void {
  const words = clock((Date.now() - sinceMs) / 1000);
  if (element.textContent !== words) element.textContent = words;
}

export function Since({ ms }: { ms: number }) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    write(element, ms);
    shown.set(element, ms);
    timer ??= window.setInterval(() => {
      for (const [each, since] of shown) write(each, since);
    }, TICK_MS);
    return () => {
      shown.delete(element);
      if (shown.size > 0 || timer === null) return;
      window.clearInterval(timer);
      timer = null;
    };
  }, [ms]);
  return <span ref={place} className="digits" />;
}
