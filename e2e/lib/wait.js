// Waiting for something to become true, with a reason when it doesn't.

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks `probe` again and again until it gives something truthy.
 * @template T
 * @param {string} what said when it takes too long
 * @param {() => T | Promise<T>} probe
 * @param {number} [msMax]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, probe, msMax = 10_000) {
  const end = Date.now() + msMax;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${msMax} ms: ${what}`);
    await pause(PROBE_MS);
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what said when it takes too long
 * @param {number} [msMax]
 * @returns {Promise<T>}
 */
export async function within(promise, what, msMax = 10_000) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${msMax} ms: ${what}`)), msMax);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}

const PROBE_MS = 50;
