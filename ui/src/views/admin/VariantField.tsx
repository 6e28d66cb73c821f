// A value of one of several shapes: which one, and its fields.

import { blankCase, caseOf } from "../../model/admin/fields";
import type { Case } from "../../model/admin/fields";
import { record } from "../../model/read";
import { FieldView, Fields } from "./FieldView";

export function VariantField({ label, cases, optional, value, onChange }: {
  label: string;
  cases: readonly Case[];
  optional: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const word = caseOf(value);
  const shape = cases.find((one) => one.word === word);
  const choose = (next: string) => {
    const chosen = cases.find((one) => one.word === next);
    onChange(chosen === undefined ? null : blankCase(chosen));
  };
  return (
    <div className="variant">
      <select aria-label={label === "" ? "Type" : label} value={word}
        onChange={(event) => choose(event.target.value)}>
        {optional ? <option value="">–</option> : null}
        {!optional && shape === undefined ? <option value={word}>{word}</option> : null}
        {cases.map((one) => <option key={one.word} value={one.word}>{one.title}</option>)}
      </select>
      {shape === undefined ? null : (
        <CaseFields shape={shape} value={record(value)[word]}
          onChange={(inner) => onChange({ [word]: inner })} />
      )}
    </div>
  );
}

export function CaseFields({ shape, value, onChange }: {
  shape: Case;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const [only] = shape.fields;
  if (shape.bare === true && only !== undefined) {
    const field = only.label === "" ? { ...only, label: shape.title } : only;
    return <FieldView field={field} value={value} onChange={onChange} />;
  }
  return <Fields fields={shape.fields} object={record(value)} onChange={onChange} />;
}
