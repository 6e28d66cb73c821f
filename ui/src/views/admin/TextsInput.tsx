// Several words in one line, parted by commas.

import { useState } from "react";
import { same } from "../../model/admin/json";

export function TextsInput({ label, example, values, onChange }: {
  label: string;
  example: string;
  values: readonly string[];
  onChange: (values: readonly string[]) => void;
}) {
  // A comma or space at the end is part of typing, not of the values.
  const [typed, setTyped] = useState(values.join(", "));
  const shown = same(parted(typed), values) ? typed : values.join(", ");
  return (
    <input type="text" className="wide" aria-label={label} value={shown} placeholder={example}
      autoComplete="off" spellCheck={false}
      onChange={({ target }) => {
        setTyped(target.value);
        onChange(parted(target.value));
      }} />
  );
}

function parted(typed: string): readonly string[] {
  return typed.split(",").map((word) => word.trim()).filter((word) => word !== "");
}
