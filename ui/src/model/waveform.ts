// The shape of a sound, as a picture needs it.

/** The loudest sample of each of so many equal parts, 0 to 1. */
export function peaks(samples: Float32Array, parts: number): readonly number[] {
  const count = Math.max(0, Math.floor(parts));
  return Array.from({ length: count }, (_, part) => {
    const from = Math.floor((part * samples.length) / count);
    const to = Math.max(from + 1, Math.floor(((part + 1) * samples.length) / count));
    return loudest(samples, from, to);
  });
}

function loudest(samples: Float32Array, from: number, to: number): number {
  let most = 0;
  for (let index = from; index < to; index += 1) {
    most = Math.max(most, Math.abs(samples[index] ?? 0));
  }
  return Math.min(1, most);
}

/** Quiet speech fills the picture as well: the loudest peak of both sides is full height. */
export function scaled(sides: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const most = Math.max(QUIETEST, ...sides.flat());
  return sides.map((side) => side.map((peak) => peak / most));
}

/** Line noise is not blown up to speech. */
const QUIETEST = 0.05;
