// Everything that isn't saved yet, as the server would carry it out, and the button that does.

import { Save, Undo2 } from "lucide-react";
import { useState } from "react";
import { writeAddress } from "../../model/admin/address";
import { obstacles, titleOf } from "../../model/admin/drafts";
import type { Draft } from "../../model/admin/drafts";
import { isAbout } from "../../model/admin/problems";
import { Button } from "../Controls";
import { Changes } from "./Changes";
import { Conflict } from "./Conflict";
import { useAdmin, useAsked } from "./context";
import { useAdminKeys } from "./keys";

export function ReviewPage() {
  const { admin, state } = useAdmin();
  const [saving, setSaving] = useState(false);
  const drafts = [...state.drafts.all.values()];
  const inTheWay = obstacles(drafts);
  const askable = drafts.length > 0 && inTheWay.length === 0 && !saving;
  const version = state.site?.version ?? 0;
  const question = askable ? `${version} ${JSON.stringify(drafts)}` : "";
  const plan = useAsked(question, async () => (askable ? admin.plan(drafts) : null));
  const outcome = plan.busy ? null : plan.value;
  const ready = outcome?.kind === "planned" && outcome.changes.length > 0;
  const save = async () => {
    setSaving(true);
    await admin.save(drafts);
    setSaving(false);
  };
  useAdminKeys({ save: () => void save(), isOn: ready && !saving });
  if (drafts.length === 0) {
    return (
      <section className="card" aria-label="Unsaved changes">
        <h2>Nothing is unsaved</h2>
        <p className="muted">What you change waits here until you save it.</p>
      </section>
    );
  }
  return (
    <>
      {drafts.filter(({ theirs }) => theirs !== undefined)
        .map((draft) => <Conflict key={draft.id} draft={draft} />)}
      <section className="card admin-object" aria-label="Unsaved changes">
        <header className="admin-head">
          <h2>{counted(drafts.length)} not saved yet</h2>
          <span className="gap" />
          <Button label="Discard all" icon={Undo2}
            onClick={() => admin.draft({ type: "discarded", ids: drafts.map(({ id }) => id) })} />
          <Button label="Save" icon={Save} tone="primary" disabled={!ready} pending={saving}
            onClick={() => void save()} />
        </header>
        <DraftList drafts={drafts} />
        {inTheWay.map((words) => <p key={words} className="problem" role="alert">{words}</p>)}
        <Problems />
        {plan.busy && askable ? <p role="status">Asking what would change…</p> : null}
        {outcome?.kind !== "planned" ? null : (
          <>
            <h3>{outcome.changes.length === 0 ? "Nothing would change."
              : `${counted(outcome.changes.length, "change")} when you save:`}</h3>
            <Changes changes={outcome.changes} />
          </>
        )}
      </section>
    </>
  );
}

function DraftList({ drafts }: { drafts: readonly Draft[] }) {
  const { admin, state } = useAdmin();
  return (
    <ul className="draft-list" aria-label="Drafts">
      {drafts.map((draft) => {
        const { id, kind, key } = draft;
        const wrong = state.wrong.filter((problem) => isAbout(problem, kind, key)).length;
        return (
          <li key={id}>
            <a href={`#/${id}`}>{titleOf(draft)}</a>
            {draft.object === null ? <span className="badge warn">Delete</span> : null}
            {draft.base === null ? <span className="badge">New</span> : null}
            {wrong === 0 ? null : <span className="badge warn">{counted(wrong, "problem")}</span>}
            <Button label={`Discard ${titleOf(draft)}`} icon={Undo2} iconOnly tone="quiet"
              onClick={() => admin.draft({ type: "discarded", ids: [id] })} />
          </li>
        );
      })}
    </ul>
  );
}

function Problems() {
  const { state } = useAdmin();
  if (state.wrong.length === 0) return null;
  return (
    <div className="problem" role="alert">
      <strong>This can&rsquo;t be saved yet:</strong>
      <ul>
        {state.wrong.map(({ text, kind, key }) => (
          <li key={text}>
            {text}
            {" "}
            {kind === null ? null : (
              <a href={addressOf(kind, key, state.drafts.all)}>Go there</a>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function addressOf(
  kind: Draft["kind"],
  key: string,
  drafts: ReadonlyMap<string, Draft>,
): string {
  const draft = [...drafts.values()].find((one) => one.kind === kind && one.key.trim() === key);
  return draft === undefined ? writeAddress({ page: "object", kind, key }) : `#/${draft.id}`;
}

function counted(count: number, what = "object"): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
