// An object as JSON, for what the form has no control for, and to be copied.

import { useState } from "react";
import { isJson, same } from "../../model/admin/json";
import type { Json } from "../../model/read";

export function RawField({ object, onChange }: {
  object: Json;
  onChange: (object: Json) => void;
}) {
  const [typed, setTyped] = useState(() => JSON.stringify(object, null, 2));
  const [wrong, setWrong] = useState<string | null>(null);
  const shown = wrong !== null || same(parsed(typed).value, object)
    ? typed : JSON.stringify(object, null, 2);
  return (
    <div className="admin-field">
      <textarea aria-label="As JSON" className="raw" rows={28} spellCheck={false} value={shown}
        aria-invalid={wrong !== null}
        onChange={({ target }) => {
          setTyped(target.value);
          const { value, problem } = parsed(target.value);
          setWrong(problem);
          if (value !== null) onChange(value);
        }} />
      {wrong === null ? null : <span className="field-problem" role="alert">{wrong}</span>}
    </div>
  );
}

function parsed(typed: string): { readonly value: Json | null; readonly problem: string | null } {
  try {
    const value: unknown = JSON.parse(typed);
    return isJson(value) ? { value, problem: null }
      : { value: null, problem: "An object begins with { and ends with }." };
  } catch (error) {
    return { value: null, problem: error instanceof Error ? error.message : "This is no JSON." };
  }
}
