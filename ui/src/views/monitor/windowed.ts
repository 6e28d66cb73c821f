// Which rows of a long table can be seen: only these are drawn, however many there are.

import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";

/** Rows above and below what is seen, so that a turn of the wheel finds them drawn. */
const MARGIN = 6;

export interface Window {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly from: number;
  readonly to: number;
}

/** @param rowPx every row is so high. */
export function useWindow(count: number, rowPx: number, seenRows: number): Window {
  const place = useRef<HTMLDivElement>(null);
  const [first, setFirst] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const look = () => setFirst(Math.floor(element.scrollTop / rowPx));
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [rowPx]);
  const from = Math.max(0, Math.min(first, count - seenRows) - MARGIN);
  return { place, from, to: Math.min(count, from + seenRows + 2 * MARGIN) };
}
