// Names of other objects: typed or picked from those that there are.

import { ArrowUp, X } from "lucide-react";
import { useId, useState } from "react";
import { readObjects } from "../../io/configuration";
import { WHOLE_LIST } from "../../model/admin/address";
import type { Source } from "../../model/admin/fields";
import { moved } from "../../model/admin/json";
import { text } from "../../model/read";
import { Button } from "../Controls";
import { useAdmin, useAsked } from "./context";

const OFFERED_MAX = 200;

interface Offer {
  readonly value: string;
  readonly words: string;
}

export function PickInput({ label, from, value, invalid = false, onChange, onEnter }: {
  label: string;
  from: Source;
  value: string;
  invalid?: boolean;
  onChange: (value: string) => void;
  onEnter?: () => void;
}) {
  const id = useId();
  const { admin, state } = useAdmin();
  const [wanted, setWanted] = useState(false);
  const version = state.site?.version ?? 0;
  const typed = wanted ? value : "";
  const asked = useAsked(`${wanted} ${version} ${from.kinds.join()} ${typed}`,
    () => (wanted ? offers(from, typed) : Promise.resolve([])));
  // What is about to be made can be named already.
  const drafted = [...admin.store.state().drafts.all.values()]
    .filter(({ kind, key, base, object }) => base === null && key !== "" && object !== null
      && from.kinds.includes(kind) && from.only?.(object) !== false)
    .map(({ key, object }) => ({ value: held(from, key, object ?? {}), words: "not saved yet" }));
  return (
    <>
      <input type="text" aria-label={label} aria-invalid={invalid} list={id} value={value}
        autoComplete="off" spellCheck={false} onFocus={() => setWanted(true)}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || onEnter === undefined) return;
          event.preventDefault();
          onEnter();
        }} />
      <datalist id={id}>
        {[...drafted, ...(asked.value ?? [])].map((offer) => (
          <option key={offer.value} value={offer.value}>{offer.words}</option>
        ))}
      </datalist>
    </>
  );
}

async function offers(from: Source, search: string): Promise<readonly Offer[]> {
  const pages = await Promise.all(from.kinds.map((kind) =>
    readObjects(kind, { ...WHOLE_LIST, search }, OFFERED_MAX)));
  return pages.flatMap(({ items }) => items)
    .filter(({ object }) => from.only?.(object) !== false)
    .map(({ key, object }) => {
      const name = [object["first_name"], object["last_name"], object["alias"]]
        .map(text).filter((word) => word !== "").join(" ");
      return { value: held(from, key, object), words: name };
    });
}

function held(from: Source, key: string, object: Readonly<Record<string, unknown>>): string {
  return from.member === undefined ? key : text(object[from.member]);
}

/** Several, in an order. */
export function PicksField({ label, from, values, onChange }: {
  label: string;
  from: Source;
  values: readonly string[];
  onChange: (values: readonly string[]) => void;
}) {
  const [typed, setTyped] = useState("");
  const add = () => {
    const name = typed.trim();
    if (name === "") return;
    if (!values.includes(name)) onChange([...values, name]);
    setTyped("");
  };
  return (
    <div className="picks">
      <ul aria-label={label}>
        {values.map((value, at) => (
          <li key={value} className="chip">
            {value}
            {at === 0 ? null : (
              <Button label={`Move ${value} forward`} icon={ArrowUp} iconOnly tone="quiet"
                onClick={() => onChange(moved(values, at, at - 1))} />
            )}
            <Button label={`Remove ${value}`} icon={X} iconOnly tone="quiet"
              onClick={() => onChange(values.filter((other) => other !== value))} />
          </li>
        ))}
      </ul>
      <PickInput label={`Add to ${label}`} from={from} value={typed} onChange={setTyped}
        onEnter={add} />
      <Button label="Add" disabled={typed.trim() === ""} onClick={add} />
    </div>
  );
}
