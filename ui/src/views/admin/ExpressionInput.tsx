// A skill expression or a condition, with its grammar at hand.

import { useId } from "react";

const GRAMMAR = {
  skills: "Skills with levels, & and |, as in Support > 2 & (English > 0 | Spanish > 0)",
  condition: "User data keys, ani, dnis, wait, position, priority, open('Office') …",
} as const;

export function ExpressionInput({ label, of, value, invalid, onChange }: {
  label: string;
  of: "skills" | "condition";
  value: string;
  invalid: boolean;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <>
      <input type="text" className="expression wide" aria-label={label} aria-invalid={invalid}
        aria-describedby={id} value={value} autoComplete="off" spellCheck={false}
        onChange={(event) => onChange(event.target.value)} />
      <span id={id} className="unseen">{GRAMMAR[of]}</span>
    </>
  );
}
