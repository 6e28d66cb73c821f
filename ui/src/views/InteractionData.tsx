// The data attached to the call: read always, edited while the server allows it.

import { Check, Database, Pencil, Plus, Trash2, X } from "lucide-react";
import { useState } from "react";
import type { FormEvent } from "react";
import { dialable } from "../model/dialling";
import type { UserData } from "../model/facts";
import { label } from "../model/format";
import { pathOf, withValue, withoutValue } from "../model/userdata";
import { useSession } from "./context";
import { Button, Card } from "./Controls";
import { PhoneNumber } from "./PhoneNumber";

interface Row {
  readonly path: readonly string[];
  readonly value: string;
}

interface Draft {
  readonly key: string;
  readonly path: readonly string[];
  readonly value: string;
  readonly fresh: boolean;
}

export function InteractionData({ callId, userData, editable }: {
  callId: string;
  userData: UserData;
  editable: boolean;
}) {
  const session = useSession();
  const [draft, setDraft] = useState<Draft | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (draft === null || draft.path.length === 0) return;
    const patch = withValue(userData, draft.path, draft.value);
    if (await session.intents.updateUserData(callId, patch)) setDraft(null);
  };
  const remove = (path: readonly string[]) => {
    const patch = withoutValue(userData, path);
    const [key] = path;
    if (patch !== null) void session.intents.updateUserData(callId, patch);
    else if (key !== undefined) void session.intents.deleteUserData(callId, key);
  };
  const form = draft === null ? null : (
    <DraftForm draft={draft} onChange={setDraft} onSave={(event) => void save(event)} />
  );
  const all = flatten(userData, []);
  const rows = all.filter(({ path }) => !isRoutingData(path));
  const routing = all.filter(({ path }) => isRoutingData(path));
  return (
    <Card title="Interaction data" icon={Database}
      aside={
        editable ? (
          <Button label="Add data" icon={Plus} iconOnly tone="quiet"
            onClick={() => setDraft({ key: "", path: [], value: "", fresh: true })} />
        ) : null
      }>
      <dl className="facts">
        {rows.map(({ path, value }) => {
          const key = path.join(".");
          if (draft !== null && !draft.fresh && draft.key === key) {
            return <div key={key} className="editing">{form}</div>;
          }
          return (
            <div key={key}>
              <dt title={key}>{path.map(label).join(" › ")}</dt>
              <dd>
                <span className="value">
                  {isNumber(key, value) ? <PhoneNumber number={value} /> : value || "–"}
                </span>
                {editable ? (
                  <span className="row-actions">
                    <Button label={`Edit ${label(key)}`} icon={Pencil} iconOnly tone="quiet"
                      className="row-action"
                      onClick={() => setDraft({ key, path, value, fresh: false })} />
                    <Button label={`Delete ${label(key)}`} icon={Trash2} iconOnly tone="quiet"
                      className="row-action" onClick={() => remove(path)} />
                  </span>
                ) : null}
              </dd>
            </div>
          );
        })}
      </dl>
      {rows.length === 0 && draft === null ? <p className="empty">Nothing attached.</p> : null}
      {draft?.fresh === true ? form : null}
      {routing.length > 0 ? <RoutingData rows={routing} /> : null}
    </Card>
  );
}

/** What the router attached for reports: there for whoever wants it, out of the agent's way. */
function RoutingData({ rows }: { rows: readonly Row[] }) {
  return (
    <details className="routing">
      <summary>How the call was routed</summary>
      <dl className="facts">
        {rows.map(({ path, value }) => (
          <div key={path.join(".")}>
            <dt title={path.join(".")}>{path.map(label).join(" › ")}</dt>
            <dd>{value || "–"}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function DraftForm({ draft, onChange, onSave }: {
  draft: Draft;
  onChange: (draft: Draft | null) => void;
  onSave: (event: FormEvent) => void;
}) {
  return (
    <form className="draft" onSubmit={onSave}>
      {draft.fresh ? (
        <input aria-label="Name of the data" placeholder="Name, or list.name"
          value={draft.key}
          onChange={({ target: { value: key } }) => {
            onChange({ ...draft, key, path: pathOf(key) });
          }} />
      ) : null}
      <input
        aria-label={draft.fresh ? "Value" : label(draft.key)}
        placeholder="Value"
        value={draft.value}
        onChange={(event) => onChange({ ...draft, value: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === "Escape") onChange(null);
        }}
      />
      <Button label="Save" icon={Check} iconOnly type="submit" tone="primary" />
      <Button label="Cancel" icon={X} iconOnly tone="quiet" onClick={() => onChange(null)} />
    </form>
  );
}

function isNumber(key: string, value: string): boolean {
  return /phone|mobile|callback|^ani$/i.test(key) && dialable(value) !== null;
}

function flatten(data: UserData, path: readonly string[]): readonly Row[] {
  return Object.entries(data).flatMap(([key, value]) => {
    const here = [...path, key];
    return typeof value === "string" ? [{ path: here, value }] : flatten(value, here);
  });
}

/** URS names its data R and a capital (RStrategyName, RTargetAgentSelected, RVQID), and a few. */
function isRoutingData(path: readonly string[]): boolean {
  return /^(R[A-Z]|CBR-|PegAG|CustomerSegment$|ServiceType$|ServiceObjective$)/.test(path[0] ?? "");
}
