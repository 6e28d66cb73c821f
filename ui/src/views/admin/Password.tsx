// A password is set, never shown.

import { useState } from "react";
import { text } from "../../model/read";
import { Button } from "../Controls";

export function Password({ label, value, removable, onChange }: {
  label: string;
  value: unknown;
  removable: boolean;
  onChange: (value: string | null) => void;
}) {
  const [before] = useState(value);
  const [typed, setTyped] = useState<string | null>(null);
  const isSet = text(before) !== "";
  return (
    <span className="password-field">
      <input type="password" aria-label={label} autoComplete="new-password"
        value={typed ?? ""} placeholder={value === null ? "None" : isSet ? "Unchanged" : ""}
        onChange={({ target }) => {
          setTyped(target.value);
          onChange(target.value === "" ? (before === undefined ? undefined : before) as string
            : target.value);
        }} />
      {removable && value !== null ? (
        <Button label={`Remove ${label}`} tone="quiet"
          onClick={() => {
            setTyped(null);
            onChange(null);
          }} />
      ) : null}
    </span>
  );
}
