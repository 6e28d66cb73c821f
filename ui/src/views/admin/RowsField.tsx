// Lists of things with a few fields each: a customer's past contacts, a step's targets.

import { Plus, X } from "lucide-react";
import type { Control } from "../../model/admin/fields";
import { blankCase, caseOf } from "../../model/admin/fields";
import { TARGETS } from "../../model/admin/steps";
import { number, record } from "../../model/read";
import { Button } from "../Controls";
import { Fields } from "./FieldView";
import { CaseFields, VariantField } from "./VariantField";

type Change = (rows: readonly unknown[]) => void;

export function RowsField({ control, rows, onChange }: {
  control: Extract<Control, { sort: "rows" }>;
  rows: readonly unknown[];
  onChange: Change;
}) {
  const { fields, item } = control;
  const blank = Object.fromEntries(fields.map(({ name }) => [name, ""]));
  return (
    <div className="rows-field">
      {rows.map((row, at) => (
        // Rows have no name: their place is what they are.
        // oxlint-disable-next-line react/no-array-index-key
        <fieldset key={at} className="section">
          <legend>
            {item} {at + 1}
            <Button label={`Remove ${item.toLowerCase()} ${at + 1}`} icon={X} iconOnly tone="quiet"
              onClick={() => onChange(rows.toSpliced(at, 1))} />
          </legend>
          <Fields fields={fields} object={record(row)}
            onChange={(next) => onChange(rows.with(at, next))} />
        </fieldset>
      ))}
      <Button label={`Add ${item.toLowerCase()}`} icon={Plus}
        onClick={() => onChange([blank, ...rows])} />
    </div>
  );
}

/** Values of several shapes, one after the other. */
export function VariantsField({ control, values, onChange }: {
  control: Extract<Control, { sort: "variants" }>;
  values: readonly unknown[];
  onChange: Change;
}) {
  const { cases, item } = control;
  const [first] = cases;
  return (
    <div className="rows-field">
      {values.map((value, at) => (
        // Pieces have no name: their place is what they are.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className="target" role="group" aria-label={`${item} ${at + 1}`}>
          <VariantField label={`Kind of ${item.toLowerCase()} ${at + 1}`} cases={cases}
            optional={false} value={value} onChange={(next) => onChange(values.with(at, next))} />
          <Button label={`Remove ${item.toLowerCase()} ${at + 1}`} icon={X} iconOnly tone="quiet"
            onClick={() => onChange(values.toSpliced(at, 1))} />
        </div>
      ))}
      {first === undefined ? null : (
        <Button label={`Add ${item.toLowerCase()}`} icon={Plus}
          onClick={() => onChange([...values, blankCase(first)])} />
      )}
    </div>
  );
}

/** Who may take a call; the weight counts when the choice is by weights. */
export function TargetsField({ targets, onChange }: {
  targets: readonly unknown[];
  onChange: Change;
}) {
  return (
    <div className="rows-field">
      {targets.map((value, at) => {
        const { weight, ...who } = record(value);
        const word = caseOf(who);
        const shape = TARGETS.find((one) => one.word === word);
        const set = (next: object, share: unknown = weight) => {
          const rest = share === undefined || share === 1 ? {} : { weight: share };
          onChange(targets.with(at, { ...next, ...rest }));
        };
        return (
          // oxlint-disable-next-line react/no-array-index-key
          <div key={at} className="target" role="group" aria-label={`Target ${at + 1}`}>
            <select aria-label="Kind of target" value={word}
              onChange={({ target }) => {
                const chosen = TARGETS.find((one) => one.word === target.value);
                if (chosen !== undefined) set(record(blankCase(chosen)));
              }}>
              {TARGETS.map((one) => <option key={one.word} value={one.word}>{one.title}</option>)}
            </select>
            {shape === undefined ? null : (
              <CaseFields shape={shape} value={who[word]}
                onChange={(inner) => set({ [word]: inner })} />
            )}
            <label className="weight">
              Weight
              <input type="number" min={1} value={number(weight ?? 1)}
                onChange={(event) => set(who, Math.max(1, Math.trunc(Number(event.target.value))))}
              />
            </label>
            <Button label={`Remove target ${at + 1}`} icon={X} iconOnly tone="quiet"
              onClick={() => onChange(targets.toSpliced(at, 1))} />
          </div>
        );
      })}
      <Button label="Add target" icon={Plus}
        onClick={() => onChange([...targets, { skills: "" }])} />
    </div>
  );
}
