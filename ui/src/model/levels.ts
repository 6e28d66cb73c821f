// Who speaks in a conference, as the server hears it several times a second. Kept apart from the
// rest of the state: nothing else on the page moves with it.

/** Loudness of each party in dB below full scale: 0 is loudest, -127 silence. */
export interface Levels {
  readonly callId: string;
  readonly of: Readonly<Record<string, number>>;
}

export const NO_LEVELS: Levels = { callId: "", of: {} };

/** Quieter than this is a room's noise. */
const SPEAKING_DB = -50;
const LOUDEST_DB = -14;

/** From 0, silence, to 1, as loud as speech gets. */
export function loudness(levels: Levels, callId: string, party: string): number {
  const level = levels.callId === callId ? levels.of[party] : undefined;
  if (level === undefined || level < SPEAKING_DB) return 0;
  return Math.min(1, (level - SPEAKING_DB) / (LOUDEST_DB - SPEAKING_DB) + SMALLEST);
}

/** What is heard at all is seen. */
const SMALLEST = 0.15;
