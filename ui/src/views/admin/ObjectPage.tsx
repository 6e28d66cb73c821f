// One object: its form, what is wrong with it, and what may be done with it.

import { ClipboardList, Copy, History, Save, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { readObject } from "../../io/configuration";
import { WHOLE_AUDIT, WHOLE_LIST, writeAddress } from "../../model/admin/address";
import { beginning, titleOf } from "../../model/admin/drafts";
import type { Draft } from "../../model/admin/drafts";
import { innerNames } from "../../model/admin/fields";
import type { Field } from "../../model/admin/fields";
import { FORMS } from "../../model/admin/forms";
import { factsOf } from "../../model/admin/kinds";
import type { Kind } from "../../model/admin/kinds";
import { isAbout, isAt } from "../../model/admin/problems";
import type { Problem } from "../../model/admin/problems";
import { mayChange } from "../../model/admin/state";
import type { Json } from "../../model/read";
import { useDesk } from "../context";
import { Button } from "../Controls";
import { AgentPhone } from "./AgentPhone";
import { Conflict } from "./Conflict";
import { go, useAdmin, useAsked } from "./context";
import { FieldView } from "./FieldView";
import { RawField } from "./RawField";
import { useAdminKeys } from "./keys";

export function ObjectPage({ kind, objectKey, id }: {
  kind: Kind;
  /** Null: it is new, and in the drafts alone. */
  objectKey: string | null;
  id: string;
}) {
  const { state } = useAdmin();
  const version = state.site?.version ?? 0;
  const read = useAsked(`${id} ${version}`, () =>
    objectKey === null ? Promise.resolve(null) : readObject(kind, objectKey));
  const draft = state.drafts.all.get(id);
  const base = draft === undefined ? read.value : draft.base;
  if (draft !== undefined) return <Editor kind={kind} draft={draft} base={base} />;
  if (base !== null && objectKey !== null) {
    const unchanged: Draft = { id, kind, key: objectKey, base, object: base };
    return <Editor kind={kind} draft={unchanged} base={base} />;
  }
  if (read.busy) return <p className="empty" role="status">Reading…</p>;
  return (
    <section className="card" aria-label="Nothing here">
      <h2>{read.problem ?? `There is no ${factsOf(kind).one} of this name any more.`}</h2>
      <p><a href={writeAddress({ page: "list", kind, query: WHOLE_LIST })}>
        All {factsOf(kind).many}
      </a></p>
    </section>
  );
}

function Editor({ kind, draft, base }: { kind: Kind; draft: Draft; base: Json | null }) {
  const { admin, state } = useAdmin();
  const { stage } = useDesk();
  const [raw, setRaw] = useState(false);
  const { key, object, theirs } = draft;
  const unsaved = state.drafts.all.has(draft.id);
  const allowed = stage.kind === "signedIn" && mayChange(state, stage.user, kind);
  const wrong = state.wrong.filter((problem) => isAbout(problem, kind, key));
  const title = titleOf(draft);
  const rewrite = (next: Json, nextKey = key) => {
    if (base === null) admin.draft({ type: "rewritten", id: draft.id, key: nextKey, object: next });
    else admin.edit({ kind, key }, base, next);
  };
  if (theirs !== undefined) return <Conflict draft={draft} />;
  return (
    <section className="card admin-object" aria-label={title}>
      <Actions draft={draft} unsaved={unsaved} allowed={allowed} raw={raw}
        onRaw={() => setRaw(!raw)} />
      {object === null ? (
        <p className="problem">
          It is deleted when you save.
          {" "}
          <Button label="Keep it" icon={Undo2}
            onClick={() => admin.draft({ type: "discarded", ids: [draft.id] })} />
        </p>
      ) : (
        <fieldset className="admin-form" disabled={!allowed}>
          {base !== null ? null : (
            <FieldView field={KEY_FIELD(factsOf(kind).key)} value={key}
              problems={messages(wrong.filter(({ field }) => field === ""))}
              onChange={(next) => rewrite(object, String(next))} />
          )}
          <Whole wrong={wrong} kind={kind} isNew={base === null} />
          {raw ? <RawField object={object} onChange={rewrite} /> : (
            <>
              {FORMS[kind].fields.map((field) => (
                <FieldView key={field.name} field={field} value={object[field.name]}
                  problems={messages(wrong.filter((problem) =>
                    isAt(problem, field.name, innerNames(field))))}
                  onChange={(value) => rewrite(withMember(object, field, value))} />
              ))}
              {kind === "persons" && allowed
                ? <AgentPhone object={object} onPlace={(place) => rewrite({ ...object, place })} />
                : null}
            </>
          )}
        </fieldset>
      )}
    </section>
  );
}

function Actions({ draft, unsaved, allowed, raw, onRaw }: {
  draft: Draft;
  unsaved: boolean;
  allowed: boolean;
  raw: boolean;
  onRaw: () => void;
}) {
  const { admin } = useAdmin();
  const { id, kind, key, base, object } = draft;
  const { save, pending } = useReview();
  useAdminKeys({ save, isOn: unsaved });
  const copy = () => {
    admin.draft({ type: "begun", kind, key: "", object: beginning(kind, object ?? base) });
    go({ page: "new", kind, number: admin.store.state().drafts.begun });
  };
  const discard = () => {
    admin.draft({ type: "discarded", ids: [id] });
    if (base === null) go({ page: "list", kind, query: WHOLE_LIST });
  };
  return (
    <header className="admin-head">
      <h2>{titleOf(draft)}</h2>
      {unsaved ? <span className="badge warn">Unsaved</span> : null}
      <span className="gap" />
      <Button label="JSON" pressed={raw} tone="quiet" icon={ClipboardList} onClick={onRaw} />
      {base === null ? null : (
        <a className="button quiet"
          href={writeAddress({ page: "audit", query: { ...WHOLE_AUDIT, kind, key } })}>
          <History size={16} aria-hidden /> History
        </a>
      )}
      {!allowed ? <span className="muted">You may look, not change.</span> : (
        <>
          {kind === "switch" ? null : (
            <>
              <Button label="Copy as new" icon={Copy} tone="quiet" onClick={copy} />
              {base === null || object === null ? null : (
                <Button label="Delete" icon={Trash2} tone="quiet"
                  onClick={() => admin.edit({ kind, key }, base, null)} />
              )}
            </>
          )}
          {unsaved ? <Button label="Discard" icon={Undo2} onClick={discard} /> : null}
          <Button label="Save…" icon={Save} tone="primary" disabled={!unsaved} pending={pending}
            tip="Shows what changes, then saves (Alt+S)" onClick={save} />
        </>
      )}
    </header>
  );
}

/** Asks what a save would do; what is wrong here is shown here, everything else on its page. */
function useReview(): { readonly save: () => void; readonly pending: boolean } {
  const { admin } = useAdmin();
  const [pending, setPending] = useState(false);
  const save = async () => {
    setPending(true);
    const drafts = [...admin.store.state().drafts.all.values()];
    if (drafts.every((draft) => draft.key.trim() !== "")) await admin.plan(drafts);
    setPending(false);
    go({ page: "review" });
  };
  return { save: () => void save(), pending };
}

/** What is wrong with the object, but with no field that is shown. */
function Whole({ wrong, kind, isNew }: {
  wrong: readonly Problem[];
  kind: Kind;
  isNew: boolean;
}) {
  const { fields } = FORMS[kind];
  const unplaced = wrong.filter((problem) => problem.field === "" ? !isNew
    : !fields.some((field) => isAt(problem, field.name, innerNames(field))));
  return unplaced.map(({ text }) => (
    <p key={text} className="field-problem" role="alert">{text}</p>
  ));
}

const messages = (wrong: readonly Problem[]): readonly string[] =>
  wrong.map(({ message }) => message);

const KEY_FIELD = (label: string): Field => ({ name: "", label, control: { sort: "text" } });

/** `undefined` takes a member out again: a password that isn't set anew after all. */
function withMember(object: Json, { name }: Field, value: unknown): Json {
  const rest = Object.entries(object).filter(([member]) => member !== name);
  return value === undefined ? Object.fromEntries(rest) : { ...object, [name]: value };
}
