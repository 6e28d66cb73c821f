// A call's page: its story and what the history has of it, read again while the call is up.

import { list, optionalNumber, optionalText, record, text } from "../model/read";
import { decodeStory } from "../model/monitor/story";
import type { Story } from "../model/monitor/story";
import { RestError, request } from "./rest";

export interface CallRecord {
  readonly type: string;
  readonly ani: string | null;
  readonly dnis: string | null;
  readonly queue: string | null;
  readonly agent: string | null;
  readonly outcome: string | null;
  readonly durationMs: number | null;
  readonly talkMs: number | null;
  readonly queueMs: number | null;
  readonly recordings: readonly string[];
}

export interface CallPageState {
  readonly story: Story | null;
  /** null: the history does not have it yet. */
  readonly record: CallRecord | null;
  readonly problem: string | null;
}

export async function readStory(id: string): Promise<Story> {
  return decodeStory(await request("GET", `${pathOf(id)}/story`));
}

/** null when the history does not know the call. */
export async function readRecord(id: string): Promise<CallRecord | null> {
  try {
    return decodeRecord(await request("GET", pathOf(id)));
  } catch (error) {
    if (error instanceof RestError && error.notFound) return null;
    throw error;
  }
}

function decodeRecord(body: unknown): CallRecord {
  const call = record(record(body)["call"]);
  return {
    type: text(call["callType"]),
    ani: optionalText(call["ani"]),
    dnis: optionalText(call["dnis"]),
    queue: optionalText(call["lastQueue"]) ?? optionalText(call["routePoint"]),
    agent: optionalText(call["agent"]),
    outcome: optionalText(call["outcome"]),
    durationMs: optionalNumber(call["durationMs"]),
    talkMs: optionalNumber(call["talkMs"]),
    queueMs: optionalNumber(call["queueMs"]),
    recordings: list(record(body)["recordings"]).map(text),
  };
}

function pathOf(id: string): string {
  return `/api/v2/history/calls/${encodeURIComponent(id)}`;
}
