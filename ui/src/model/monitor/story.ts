// A call's story as the server tells it, and the ladder as it is drawn.

import { flag, list, number, optionalNumber, optionalText, record, text } from "../read";
import type { Grade } from "./queues";
import type { Trends } from "./trends";

export interface Rung {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

export interface Heard {
  readonly atMs: number;
  readonly received: number;
  readonly lost: number;
  readonly sent: number;
  readonly lossPercent: number;
  readonly reportedLossPercent: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  readonly mos: number | null;
}

export interface Milestone {
  readonly atMs: number;
  readonly name: string;
  readonly address: string | null;
}

export interface Description {
  readonly atMs: number;
  readonly isOurs: boolean;
  readonly text: string;
}

export interface Leg {
  readonly leg: string;
  readonly name: string;
  readonly codec: string | null;
  readonly sdp: readonly Description[];
  readonly milestones: readonly Milestone[];
  readonly quality: Heard | null;
  readonly points: readonly Heard[];
}

export interface Story {
  readonly beganMs: number;
  /** null: the call is up. */
  readonly endedMs: number | null;
  readonly ladder: readonly Rung[];
  readonly leftOut: number;
  readonly legs: readonly Leg[];
}

export function decodeStory(body: unknown): Story {
  const story = record(body);
  return {
    beganMs: number(story["beganMs"]),
    endedMs: optionalNumber(story["endedMs"]),
    ladder: list(story["ladder"]).map((item) => {
      const rung = record(item);
      const [from, to] = [text(rung["from"]), text(rung["to"])];
      return { atMs: number(rung["atMs"]), from, to, text: text(rung["text"]) };
    }),
    leftOut: number(story["leftOut"]),
    legs: list(story["legs"]).map(decodeLeg),
  };
}

function decodeLeg(value: unknown): Leg {
  const leg = record(value);
  return {
    leg: text(leg["leg"]),
    name: text(leg["name"]),
    codec: optionalText(leg["codec"]),
    sdp: list(leg["sdp"]).map((item) => {
      const sdp = record(item);
      return { atMs: number(sdp["atMs"]), isOurs: flag(sdp["isOurs"]), text: text(sdp["text"]) };
    }),
    milestones: list(leg["milestones"]).map((item) => {
      const one = record(item);
      const address = optionalText(one["address"]);
      return { atMs: number(one["atMs"]), name: text(one["name"]), address };
    }),
    quality: leg["quality"] === null ? null : decodeHeard(leg["quality"]),
    points: list(leg["points"]).map(decodeHeard),
  };
}

function decodeHeard(value: unknown): Heard {
  const heard = record(value);
  return {
    atMs: number(heard["atMs"]),
    received: number(heard["received"]),
    lost: number(heard["lost"]),
    sent: number(heard["sent"]),
    lossPercent: number(heard["lossPercent"]),
    reportedLossPercent: number(heard["reportedLossPercent"]),
    jitterMs: number(heard["jitterMs"]),
    roundTripMs: optionalNumber(heard["roundTripMs"]),
    mos: optionalNumber(heard["mos"]),
  };
}

const MILESTONES: Readonly<Record<string, string>> = {
  iceCheck: "First ICE check",
  iceNominated: "Address chosen",
  dtlsDone: "DTLS done",
  rtpReceived: "First sound in",
  rtpSent: "First sound out",
};

export function milestoneWords(name: string): string {
  return MILESTONES[name] ?? name;
}

/** As the scale of ITU-T P.800 is read: below 3.6 many are dissatisfied. */
export function gradeOfMos(mos: number): Grade {
  if (mos >= 4) return "good";
  return mos >= 3.6 ? "warn" : "bad";
}

/** Seconds since the call began, as `1.204`. */
export function secondsIn(story: Story, atMs: number): string {
  return (Math.max(atMs - story.beganMs, 0) / 1000).toFixed(3);
}

/** What is measured on a leg, as the lines of charts. */
export function courseOf(leg: Leg): Trends {
  const of = (value: (point: Heard) => number | null) => leg.points.map(value);
  return {
    times: leg.points.map((point) => point.atMs / 1000),
    series: {
      mos: of((point) => point.mos === null ? null : rounded(point.mos, 1)),
      loss: of((point) => rounded(point.lossPercent, 1)),
      jitter: of((point) => rounded(point.jitterMs, 1)),
    },
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export interface Lane {
  readonly name: string;
  readonly words: string;
}

const SYSTEMS: readonly Lane[] = [
  { name: "shard", words: "Media gateway" },
  { name: "switch", words: "T-Server" },
  { name: "routing", words: "Routing" },
  { name: "program", words: "Web program" },
  { name: "recorder", words: "Recorder" },
  { name: "desk", words: "GWS" },
  { name: "cti", words: "T-Server clients" },
  { name: "all", words: "Everybody" },
];
const SIP_SERVER: Lane = { name: "signaling", words: "SIP Server" };

/** The columns of the ladder, from left to right: who called, the SIP Server, who was called, then
 * the other systems; only those that say or are told something. */
export function lanesOf(story: Story): readonly Lane[] {
  const named = new Set(story.ladder.flatMap((rung) => [rung.from, rung.to]));
  const ours = new Set([SIP_SERVER, ...SYSTEMS].map((lane) => lane.name));
  const callers = new Set(
    story.ladder.filter((rung) => rung.text.startsWith("INVITE") && !ours.has(rung.from))
      .map((rung) => rung.from),
  );
  const ends = [...named].filter((name) => !ours.has(name));
  const end = (name: string): Lane => ({ name, words: name });
  return [
    ...ends.filter((name) => callers.has(name)).map(end),
    SIP_SERVER,
    ...ends.filter((name) => !callers.has(name)).map(end),
    ...SYSTEMS,
  ].filter((lane) => named.has(lane.name));
}
