// What a change makes of each object, field by field: of a plan, and of the past.

import { writeAddress } from "../../model/admin/address";
import type { Change } from "../../model/admin/decode";
import { SWITCH_KEY, factsOf } from "../../model/admin/kinds";

const SORTS = { added: "Added", changed: "Changed", removed: "Deleted" } as const;
/** Of a large import the beginning tells enough; the count tells the rest. */
const SHOWN_MAX = 200;

export function Changes({ changes }: { changes: readonly Change[] }) {
  const more = changes.length - SHOWN_MAX;
  return (
    <ul className="changes" aria-label="Changes">
      {changes.slice(0, SHOWN_MAX).map((change) => (
        <li key={`${change.kindWord} ${change.key}`} className={change.sort}>
          <span className="badge">{SORTS[change.sort]}</span>
          {" "}
          <Name change={change} />
          {change.sort !== "changed" ? null : (
            <ul>
              {change.fields.map(({ field, before, after }) => (
                <li key={field}>
                  <code>{field}</code>: <del>{before ?? "nothing"}</del>
                  {" → "}<ins>{after ?? "nothing"}</ins>
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
      {more > 0 ? <li className="muted">… and {more} more.</li> : null}
    </ul>
  );
}

function Name({ change: { kind, kindWord, key, sort } }: { change: Change }) {
  if (kind === null) return `${kindWord} ${key}`;
  const words = kind === "switch" ? "Switch" : `${factsOf(kind).one} ${key}`;
  if (sort === "removed") return words;
  const address = { page: "object", kind, key: kind === "switch" ? SWITCH_KEY : key } as const;
  return <a href={writeAddress(address)}>{words}</a>;
}
