// Numbers called lately, per person, in this browser.

import { keep, kept } from "./keep";

export function keptRecent(userName: string): readonly string[] {
  const words = kept(`recent.${userName}`) ?? "";
  return words.split(" ").filter((number) => number !== "");
}

export function keepRecent(userName: string, numbers: readonly string[]): void {
  keep(`recent.${userName}`, numbers.join(" "));
}
