// A strategy's steps as nested cards: added, removed, moved, each with its fields.

import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useId, useState } from "react";
import { blankCase, caseOf } from "../../model/admin/fields";
import { moved, without } from "../../model/admin/json";
import { STEPS } from "../../model/admin/steps";
import { list, record } from "../../model/read";
import type { Json } from "../../model/read";
import { Button } from "../Controls";
import { CaseFields } from "./VariantField";

export function StepsField({ label, steps, onChange }: {
  label: string;
  steps: readonly unknown[];
  onChange: (steps: readonly unknown[]) => void;
}) {
  return (
    <div className="steps">
      <ol aria-label={label}>
        {steps.map((step, at) => (
          // Steps have no name: their place is what they are.
          // oxlint-disable-next-line react/no-array-index-key
          <Step key={at} step={step} at={at} last={at === steps.length - 1}
            onChange={(next) => onChange(steps.with(at, next))}
            onMove={(by) => onChange(moved(steps, at, at + by))}
            onRemove={() => onChange(steps.toSpliced(at, 1))} />
        ))}
      </ol>
      <AddStep label={label} onAdd={(step) => onChange([...steps, step])} />
    </div>
  );
}

/** Steps by what a caller enters. */
export function ChoicesField({ choices, onChange }: {
  choices: Json;
  onChange: (choices: Json) => void;
}) {
  const [typed, setTyped] = useState("");
  const add = () => {
    const key = typed.trim();
    if (key === "" || choices[key] !== undefined) return;
    onChange({ ...choices, [key]: [] });
    setTyped("");
  };
  return (
    <div className="rows-field">
      {Object.entries(choices).map(([key, steps]) => (
        <fieldset key={key} className="section">
          <legend>
            {key}
            <Button label={`Remove choice ${key}`} icon={X} iconOnly tone="quiet"
              onClick={() => onChange(without(choices, key))} />
          </legend>
          <StepsField label={`Choice ${key}`} steps={list(steps)}
            onChange={(next) => onChange({ ...choices, [key]: next })} />
        </fieldset>
      ))}
      <span className="pair">
        <input type="text" aria-label="Keys of the new choice" placeholder="2" value={typed}
          onChange={(event) => setTyped(event.target.value)} />
        <Button label="Add choice" icon={Plus} onClick={add} />
      </span>
    </div>
  );
}

function Step({ step, at, last, onChange, onMove, onRemove }: {
  step: unknown;
  at: number;
  last: boolean;
  onChange: (step: unknown) => void;
  onMove: (by: number) => void;
  onRemove: () => void;
}) {
  const id = useId();
  const word = caseOf(step);
  const shape = STEPS.find((one) => one.word === word);
  const title = `${at + 1}. ${shape?.title ?? word}`;
  return (
    <li className="step" aria-labelledby={id}>
      <header>
        <strong id={id}>{title}</strong>
        <Button label={`Move step ${at + 1} up`} icon={ArrowUp} iconOnly tone="quiet"
          disabled={at === 0} onClick={() => onMove(-1)} />
        <Button label={`Move step ${at + 1} down`} icon={ArrowDown} iconOnly tone="quiet"
          disabled={last} onClick={() => onMove(1)} />
        <Button label={`Remove step ${at + 1}`} icon={X} iconOnly tone="quiet" onClick={onRemove} />
      </header>
      {shape === undefined ? (
        <p className="muted">This step has no form here; change it as JSON.</p>
      ) : (
        <CaseFields shape={shape} value={record(step)[word]}
          onChange={(inner) => onChange({ [word]: inner })} />
      )}
    </li>
  );
}

function AddStep({ label, onAdd }: { label: string; onAdd: (step: unknown) => void }) {
  return (
    <select className="add-step" aria-label={`Add a step to ${label}`} value=""
      onChange={({ target }) => {
        const chosen = STEPS.find(({ word }) => word === target.value);
        if (chosen !== undefined) onAdd(blankCase(chosen));
      }}>
      <option value="">+ Add a step…</option>
      {STEPS.map(({ word, title }) => <option key={word} value={word}>{title}</option>)}
    </select>
  );
}
