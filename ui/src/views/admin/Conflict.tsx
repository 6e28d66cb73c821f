// Somebody else changed what is being changed here: both versions side by side, to choose from.

import { useState } from "react";
import { disagreements, merged, proposed } from "../../model/admin/merge";
import type { Side } from "../../model/admin/merge";
import { titleOf } from "../../model/admin/drafts";
import type { Draft } from "../../model/admin/drafts";
import { words } from "../../model/admin/kinds";
import { Button } from "../Controls";
import { useAdmin } from "./context";

const BY = { you: "You changed it", them: "They changed it", both: "Both changed it" } as const;

export function Conflict({ draft }: { draft: Draft }) {
  const { admin } = useAdmin();
  const { id, base, object, theirs = null } = draft;
  const settle = (next: Draft["object"]) =>
    admin.draft({ type: "settled", id, base: theirs, object: next });
  const mine = object === null ? "Delete it all the same"
    : theirs === null ? "Make it anew with mine" : "Use all of mine";
  return (
    <section className="card conflict" aria-label={`${titleOf(draft)} was changed meanwhile`}>
      <header className="admin-head">
        <h2>{titleOf(draft)} was {base === null ? "made" : theirs === null ? "deleted" : "changed"}
          {" "}by somebody else meanwhile</h2>
      </header>
      {object === null || theirs === null ? null : (
        <Choices key={JSON.stringify(theirs)} draft={draft} onSettled={settle} />
      )}
      <div className="dialog-buttons">
        <Button label={mine} onClick={() => settle(object)} />
        <Button label={theirs === null ? "Let it go" : "Use all of theirs"}
          onClick={() => admin.draft({ type: "discarded", ids: [id] })} />
      </div>
    </section>
  );
}

function Choices({ draft, onSettled }: {
  draft: Draft;
  onSettled: (object: Draft["object"]) => void;
}) {
  const found = disagreements(draft);
  const [chosen, setChosen] = useState(() => proposed(found));
  const result = merged(draft, found, chosen);
  const choice = (field: string, label: string, side: Side, value: unknown) => (
    <td>
      <label className="check">
        <input type="radio" name={field} checked={chosen[field] === side}
          aria-label={`${label}: ${side}`}
          onChange={() => setChosen({ ...chosen, [field]: side })} />
        <span>{shown(field, value)}</span>
      </label>
    </td>
  );
  return (
    <>
      <table className="admin-table">
        <thead>
          <tr>
            {["Field", "Before", "Yours", "Theirs", ""].map((head) => (
              <th key={head} scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.map(({ field, label, before, yours, theirs, by }) => (
            <tr key={field}>
              <th scope="row">{label}</th>
              <td>{shown(field, before)}</td>
              {choice(field, label, "yours", yours)}
              {choice(field, label, "theirs", theirs)}
              <td className="muted">{BY[by]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="dialog-buttons">
        <Button label="Go on with what is chosen" tone="primary" disabled={result === null}
          onClick={() => onSettled(result)} />
      </div>
    </>
  );
}

function shown(field: string, value: unknown): string {
  if (field === "password") return value === undefined ? "–" : "(set)";
  return words(value) || "–";
}
