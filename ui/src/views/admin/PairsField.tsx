// Values by name: skill levels, options by section, user data, files by language.

import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { ReactNode } from "react";
import { renamed, without } from "../../model/admin/json";
import { record, text } from "../../model/read";
import type { Json } from "../../model/read";
import { Button } from "../Controls";
import { PickInput } from "./PickField";

type Change = (members: Json) => void;
const SKILLS = { kinds: ["skills"] } as const;

export function LevelsField({ levels, onChange }: { levels: Json; onChange: Change }) {
  const [typed, setTyped] = useState("");
  const add = () => {
    const name = typed.trim();
    if (name === "") return;
    if (levels[name] === undefined) onChange({ ...levels, [name]: 1 });
    setTyped("");
  };
  return (
    <div className="pairs">
      {Object.entries(levels).map(([skill, level]) => (
        <div key={skill} className="pair">
          <span className="pair-name">{skill}</span>
          <input type="number" min={0} aria-label={`Level of ${skill}`} value={text(level)}
            onChange={({ target }) =>
              onChange({ ...levels, [skill]: Math.trunc(Number(target.value)) })} />
          <Remove name={skill} onRemove={() => onChange(without(levels, skill))} />
        </div>
      ))}
      <div className="pair">
        <PickInput label="Skill to add" from={SKILLS} value={typed} onChange={setTyped}
          onEnter={add} />
        <Button label="Add skill" icon={Plus} disabled={typed.trim() === ""} onClick={add} />
      </div>
    </div>
  );
}

export function PairsField({ name, value, pairs, onChange }: {
  name: string;
  value: string;
  pairs: Json;
  onChange: Change;
}) {
  return (
    <div className="pairs">
      {Object.entries(pairs).map(([key, held]) => (
        <div key={key} className="pair">
          <span className="pair-name">{key}</span>
          <input type="text" aria-label={`${value} of ${key}`} value={text(held)}
            onChange={(event) => onChange({ ...pairs, [key]: event.target.value })} />
          <Remove name={key} onRemove={() => onChange(without(pairs, key))} />
        </div>
      ))}
      <NewName name={name} taken={pairs} onName={(key) => onChange({ ...pairs, [key]: "" })} />
    </div>
  );
}

export function OptionsField({ sections, onChange }: { sections: Json; onChange: Change }) {
  return (
    <div className="sections">
      {Object.entries(sections).map(([section, options]) => (
        <fieldset key={section} className="section">
          <legend>
            <input type="text" aria-label="Section" value={section}
              onChange={(event) => onChange(renamed(sections, section, event.target.value))} />
            <Remove name={`section ${section}`}
              onRemove={() => onChange(without(sections, section))} />
          </legend>
          <PairsField name="Option" value="Value" pairs={record(options)}
            onChange={(next) => onChange({ ...sections, [section]: next })} />
        </fieldset>
      ))}
      <NewName name="Section" taken={sections} onName={(section) =>
        onChange({ ...sections, [section]: {} })} />
    </div>
  );
}

/** Asks for a name that isn't there yet. */
export function NewName({ name, taken, type = "text", onName }: {
  name: string;
  taken: Json;
  type?: string;
  onName: (name: string) => void;
}): ReactNode {
  const [typed, setTyped] = useState("");
  const wanted = typed.trim();
  const add = () => {
    if (wanted === "" || taken[wanted] !== undefined) return;
    onName(wanted);
    setTyped("");
  };
  return (
    <div className="pair">
      <input type={type} aria-label={`${name} to add`} placeholder={name} value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }} />
      <Button label={`Add ${name.toLowerCase()}`} icon={Plus}
        disabled={wanted === "" || taken[wanted] !== undefined} onClick={add} />
    </div>
  );
}

export function Remove({ name, onRemove }: { name: string; onRemove: () => void }) {
  return <Button label={`Remove ${name}`} icon={X} iconOnly tone="quiet" onClick={onRemove} />;
}
