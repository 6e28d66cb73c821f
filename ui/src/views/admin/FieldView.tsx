// One field of a form: its label, its control, its help, and what is wrong with it.

import { useId } from "react";
import type { ReactNode } from "react";
import type { Control, Field } from "../../model/admin/fields";
import { list, record, text, texts } from "../../model/read";
import type { Json } from "../../model/read";
import { ExpressionInput } from "./ExpressionInput";
import { HolidaysField, HoursField } from "./HoursField";
import { LevelsField, OptionsField, PairsField } from "./PairsField";
import { Password } from "./Password";
import { PickInput, PicksField } from "./PickField";
import { ChoicesField, StepsField } from "./StepsField";
import { RowsField, TargetsField, VariantsField } from "./RowsField";
import { SoundsField } from "./SoundsField";
import { TextsInput } from "./TextsInput";
import { VariantField } from "./VariantField";

export interface ControlProps {
  readonly label: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

export function FieldView({ field, value, problems = [], onChange }: {
  field: Field;
  value: unknown;
  problems?: readonly string[];
  onChange: (value: unknown) => void;
}) {
  const id = useId();
  const { label, help, control } = field;
  const wrong = problems.length > 0;
  const props: ControlProps = { label, value, onChange };
  const notes = (
    <>
      {help === undefined ? null : <span className="muted small" id={`${id}-help`}>{help}</span>}
      {problems.map((problem) => (
        <span key={problem} className="field-problem" role="alert">{problem}</span>
      ))}
    </>
  );
  if (control.sort === "flag") {
    return (
      <div className="admin-field">
        <label className="check">
          <input type="checkbox" checked={value === true} aria-invalid={wrong}
            onChange={(event) => onChange(event.target.checked)} />
          {label}
        </label>
        {notes}
      </div>
    );
  }
  const simple = plainInput(control, props, wrong, help === undefined ? undefined : `${id}-help`);
  if (simple !== null) {
    return (
      <div className="admin-field">
        {label === "" ? null : <span className="field-name" aria-hidden>{label}</span>}
        {simple}
        {notes}
      </div>
    );
  }
  return (
    <fieldset className="admin-field" aria-invalid={wrong}>
      {label === "" ? null : <legend>{label}</legend>}
      {notes}
      {compound(control, props)}
    </fieldset>
  );
}

/** Controls of one input, which carries the field's label itself. */
function plainInput(
  control: Control,
  { label, value, onChange }: ControlProps,
  wrong: boolean,
  help: string | undefined,
): ReactNode {
  const common = { "aria-label": label, "aria-invalid": wrong, "aria-describedby": help };
  switch (control.sort) {
    case "text":
    case "optionalText":
      return (
        <input {...common} type="text" value={text(value)} placeholder={control.example}
          autoComplete="off" spellCheck={false}
          onChange={({ target }) =>
            onChange(target.value === "" && control.sort === "optionalText" ? null : target.value)}
        />
      );
    case "note":
      return (
        <input {...common} type="text" className="wide" value={text(value)}
          onChange={(event) => onChange(event.target.value)} />
      );
    case "number":
    case "optionalNumber":
      return (
        <span className="with-unit">
          <input {...common} type="number" value={text(value)}
            min={control.sort === "number" ? control.min ?? 0 : 0} max={control.max}
            onChange={({ target }) => onChange(target.value === ""
              ? control.sort === "number" ? 0 : null : Math.trunc(Number(target.value)))} />
          {control.unit === undefined ? null : <span className="muted">{control.unit}</span>}
        </span>
      );
    case "choice":
      return (
        <select {...common} value={text(value)} onChange={(event) => onChange(event.target.value)}>
          {control.words[text(value)] === undefined
            ? <option value={text(value)}>{text(value)}</option> : null}
          {Object.entries(control.words).map(([word, title]) => (
            <option key={word} value={word}>{title}</option>
          ))}
        </select>
      );
    case "optionalFlag":
      return (
        <select {...common} value={value === true ? "1" : value === false ? "2" : "0"}
          onChange={(event) => onChange([null, true, false][Number(event.target.value)])}>
          {control.words.map((word, at) => <option key={word} value={at}>{word}</option>)}
        </select>
      );
    case "expression":
      return (
        <ExpressionInput label={label} of={control.of} value={text(value)} invalid={wrong}
          onChange={(next) => onChange(next === "" && control.optional ? null : next)} />
      );
    case "pick":
      return (
        <PickInput label={label} from={control.from} value={text(value)} invalid={wrong}
          onChange={(next) => onChange(next === "" && control.optional ? null : next)} />
      );
    case "password":
      return (
        <Password label={label} value={value} removable={control.removable}
          onChange={onChange} />
      );
    case "texts":
      return (
        <TextsInput label={label} example={control.example} values={texts(value)}
          onChange={onChange} />
      );
    case "flag":
    case "checks":
    case "picks":
    case "levels":
    case "options":
    case "pairs":
    case "sounds":
    case "hours":
    case "holidays":
    case "rows":
    case "fields":
    case "optionalFields":
    case "steps":
    case "targets":
    case "choices":
    case "variants":
    case "variant":
      return null;
  }
}

/** Controls of several inputs, each with a label of its own. */
function compound(control: Control, { label, value, onChange }: ControlProps): ReactNode {
  switch (control.sort) {
    case "checks": {
      const on = texts(value);
      return (
        <div className="checks">
          {Object.entries(control.words).map(([word, title]) => (
            <label key={word} className="check">
              <input type="checkbox" checked={on.includes(word)}
                onChange={({ target }) => onChange(target.checked
                  ? [...on, word].toSorted() : on.filter((other) => other !== word))} />
              {title}
            </label>
          ))}
        </div>
      );
    }
    case "picks":
      return <PicksField label={label} from={control.from} values={texts(value)}
        onChange={onChange} />;
    case "levels":
      return <LevelsField levels={record(value)} onChange={onChange} />;
    case "options":
      return <OptionsField sections={record(value)} onChange={onChange} />;
    case "pairs":
      return <PairsField name={control.name} value={control.value} pairs={record(value)}
        onChange={onChange} />;
    case "sounds":
      return <SoundsField files={record(value)} onChange={onChange} />;
    case "hours":
      return <HoursField hours={record(value)} onChange={onChange} />;
    case "holidays":
      return <HolidaysField holidays={record(value)} onChange={onChange} />;
    case "rows":
      return <RowsField control={control} rows={list(value)} onChange={onChange} />;
    case "fields":
      return <Fields fields={control.fields} object={record(value)} onChange={onChange} />;
    case "optionalFields":
      return (
        <>
          <label className="check">
            <input type="checkbox" checked={value !== null && value !== undefined}
              onChange={({ target }) => onChange(target.checked ? control.blank : null)} />
            {control.check}
          </label>
          {value === null || value === undefined ? null
            : <Fields fields={control.fields} object={record(value)} onChange={onChange} />}
        </>
      );
    case "steps":
      return <StepsField label={label} steps={list(value)} onChange={onChange} />;
    case "targets":
      return <TargetsField targets={list(value)} onChange={onChange} />;
    case "choices":
      return <ChoicesField choices={record(value)} onChange={onChange} />;
    case "variants":
      return <VariantsField control={control} values={list(value)} onChange={onChange} />;
    case "variant":
      return <VariantField label={label} cases={control.cases} optional={control.optional}
        value={value} onChange={onChange} />;
    case "text":
    case "note":
    case "optionalText":
    case "number":
    case "optionalNumber":
    case "flag":
    case "optionalFlag":
    case "password":
    case "choice":
    case "pick":
    case "texts":
    case "expression":
      return null;
  }
}

/** The fields of an object inside of another. */
export function Fields({ fields, object, onChange }: {
  fields: readonly Field[];
  object: Json;
  onChange: (object: Json) => void;
}) {
  return fields.map((field) => (
    <FieldView key={field.name} field={field} value={object[field.name]}
      onChange={(value) => onChange({ ...object, [field.name]: value })} />
  ));
}
