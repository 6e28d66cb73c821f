// Colleagues as the server finds them, remembered for a while: a name is asked for often.

import type { Colleague } from "../model/facts";
import { findColleagues } from "./rest";

const REMEMBERED_MS = 60_000;
const REMEMBERED_MAX = 200;

interface Found {
  readonly at: number;
  readonly colleagues: Promise<readonly Colleague[]>;
}

export class People {
  private readonly found = new Map<string, Found>();

  /** Nobody, when the server doesn't tell this person. */
  find(typed: string): Promise<readonly Colleague[]> {
    const key = typed.trim().toLowerCase();
    const now = performance.now();
    const known = this.found.get(key);
    if (known !== undefined && now - known.at < REMEMBERED_MS) return known.colleagues;
    const colleagues = findColleagues(key).catch((): readonly Colleague[] => []);
    if (this.found.size >= REMEMBERED_MAX) this.found.clear();
    this.found.set(key, { at: now, colleagues });
    return colleagues;
  }

  forget(): void {
    this.found.clear();
  }
}
