// Colleagues for a view: found while somebody types, or one by the number.

import { useEffect, useState } from "react";
import { dialable } from "../model/dialling";
import type { Colleague } from "../model/facts";
import { useSession } from "./context";

const TYPING_MS = 120;
const NOBODY: readonly Colleague[] = [];

/** Those found last stay until the next are there, so that the list doesn't flicker. */
export function useColleagues(typed: string, wanted: boolean): readonly Colleague[] {
  const { people } = useSession();
  const [found, setFound] = useState(NOBODY);
  const text = dialable(typed) ?? typed;
  useEffect(() => {
    if (!wanted) return undefined;
    let current = true;
    const find = () => {
      void people.find(text).then((colleagues) => {
        if (current) setFound(colleagues);
      });
    };
    const timer = window.setTimeout(find, text === "" ? 0 : TYPING_MS);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [people, text, wanted]);
  return wanted ? found : NOBODY;
}

export function useColleague(number: string | null): Colleague | null {
  const found = useColleagues(number ?? "", number !== null);
  return found.find((colleague) => colleague.number === number) ?? null;
}
