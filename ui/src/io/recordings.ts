// The list of recordings and the sound of one: asked for, decoded, deleted.

import {
  NO_RECORDINGS, audioPath, decodeRecordings, queryOf, recordingsReducer,
} from "../model/recordings";
import type { Filter, RecordingsEvent, RecordingsState } from "../model/recordings";
import { createStore } from "../model/store";
import type { Store } from "../model/store";
import { peaks, scaled } from "../model/waveform";
import { RestError, request } from "./rest";

export class RecordingList {
  readonly store: Store<RecordingsState, RecordingsEvent> =
    createStore(recordingsReducer, NO_RECORDINGS);
  private asked = 0;

  /** Only the answer to the latest question counts. */
  async read(filter: Filter, offset: number): Promise<void> {
    this.asked += 1;
    const mine = this.asked;
    this.store.dispatch({ type: "asked", filter, offset });
    try {
      const query = queryOf(filter, offset).toString();
      const page = decodeRecordings(await request("GET", `/api/v2/recordings?${query}`));
      if (mine === this.asked) this.store.dispatch({ type: "read", page });
    } catch (error) {
      if (mine === this.asked) this.fail(error);
    }
  }

  open(id: string | null): void {
    this.store.dispatch({ type: "opened", id });
  }

  async remove(id: string): Promise<boolean> {
    try {
      await request("DELETE", `/api/v2/recordings/${encodeURIComponent(id)}`);
      this.store.dispatch({ type: "deleted", id });
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private fail(error: unknown): void {
    const refused =
      error instanceof RestError && error.notAllowed && this.store.state().recordings.length === 0;
    const problem = error instanceof Error ? error.message : "No answer.";
    this.store.dispatch({ type: "failed", problem, refused });
  }
}

/** Telephone sound needs no more, and an hour of it fits into memory. */
const PICTURE_RATE = 8000;
const PICTURE_PARTS = 1200;
const PICTURE_MS_MAX = 2 * 3_600_000;

/** Both sides' shapes; null when the recording is too long to be drawn or can't be decoded. */
export async function readShape(
  id: string,
  durationMs: number,
  signal: AbortSignal,
): Promise<readonly (readonly number[])[] | null> {
  if (durationMs > PICTURE_MS_MAX) return null;
  try {
    const response = await fetch(audioPath(id), { credentials: "same-origin", signal });
    if (!response.ok) return null;
    const context = new OfflineAudioContext(2, 1, PICTURE_RATE);
    const sound = await context.decodeAudioData(await response.arrayBuffer());
    const right = Math.min(1, sound.numberOfChannels - 1);
    const sides = [sound.getChannelData(0), sound.getChannelData(right)];
    return scaled(sides.map((side) => peaks(side, PICTURE_PARTS)));
  } catch {
    return null;
  }
}

export type Solo = "both" | "customer" | "agent";

/** Lets one side alone be heard, in both ears. */
export class Channels {
  private readonly gains: readonly GainNode[];
  private readonly context = new AudioContext();

  constructor(element: HTMLMediaElement) {
    const split = this.context.createChannelSplitter(2);
    this.context.createMediaElementSource(element).connect(split);
    this.gains = [0, 1].map((channel) => {
      const gain = this.context.createGain();
      split.connect(gain, channel);
      gain.connect(this.context.destination);
      return gain;
    });
  }

  resume(): void {
    void this.context.resume();
  }

  solo(solo: Solo): void {
    const heard = [solo !== "agent", solo !== "customer"];
    this.gains.forEach((gain, channel) => {
      gain.gain.value = heard[channel] === true ? 1 : 0;
    });
  }

  close(): void {
    void this.context.close();
  }
}
