// One line per story, the whole error of a failed one, and the sum at the end.

/**
 * @param {AsyncIterable<{type: string, data: any}>} events
 * @returns {AsyncGenerator<string>}
 */
export default async function* report(events) {
  let passed = 0;
  const failed = [];
  for await (const { type, data } of events) {
    // What goes wrong outside of any story fails the run all the same.
    if (type === "test:diagnostic" && /^Error:/.test(data.message)) {
      failed.push(data.message);
      continue;
    }
    if (data?.nesting !== 0 || isFile(data.name)) continue;
    if (type === "test:pass") {
      passed += 1;
      yield `ok      ${seconds(data)}  ${data.name}\n`;
    } else if (type === "test:fail") {
      failed.push(data.name);
      yield `FAILED  ${seconds(data)}  ${data.name}\n${indented(data.details.error)}\n`;
    }
  }
  for (const name of failed) yield `failed: ${name}\n`;
  yield `${passed} passed, ${failed.length} failed\n`;
}

/** @param {string | undefined} name */
function isFile(name) {
  return name === undefined || name.endsWith("run.js");
}

/** @param {{details: {duration_ms: number}}} data */
function seconds(data) {
  return `${(data.details.duration_ms / 1000).toFixed(1).padStart(6)} s`;
}

/** @param {any} error */
function indented(error) {
  const cause = error?.cause ?? error;
  const text = cause?.stack ?? String(cause);
  return text.replace(/^/gm, "        ");
}
