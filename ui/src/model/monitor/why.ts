// The router's own words: why a call is where it is, why an agent gets calls or none.

import { list, number, record, text } from "../read";

export interface Why {
  readonly words: string;
  /** One line each: whom a call waits for, what comes next, which teams an agent is in. */
  readonly lines: readonly string[];
}

const AGENTS_SHOWN = 8;

export function decodeWhy(body: unknown): Why {
  const answer = record(body);
  const targets = list(answer["targets"]).flatMap(targetLines);
  const next = record(answer["next"]);
  const nextStep = text(next["step"]);
  const teams = list(answer["teams"]).map((item) => {
    const team = record(item);
    const [waiting, ahead] = [number(team["waiting"]), number(team["ahead"])];
    return `${text(team["team"])}: ${waiting} calls wait, ${ahead} agents come first`;
  });
  const lines = [...targets, ...(nextStep === "" ? [] : [`Next: ${nextStep}`]), ...teams];
  return { words: text(answer["words"]), lines };
}

function targetLines(item: unknown): readonly string[] {
  const target = record(item);
  const agents = list(target["agents"]).map((agent) => {
    const told = record(agent);
    return `${text(told["dn"])} ${text(told["why"])}`;
  });
  const more = agents.length - AGENTS_SHOWN;
  const shown = agents.slice(0, AGENTS_SHOWN).join("; ") || "nobody is logged in";
  return [`${text(target["team"])}: ${shown}${more > 0 ? `; and ${more} more` : ""}`];
}
