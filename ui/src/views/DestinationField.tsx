// Whom to call: a number, or a few letters of a colleague's name. The suggestions are driven by the
// arrow keys; choosing one fills in its number.

import { Clock3, UserRound } from "lucide-react";
import { useId, useState } from "react";
import type { KeyboardEvent, Ref } from "react";
import { dialable, suggestions } from "../model/dialling";
import type { Suggestion } from "../model/dialling";
import { phoneNumber } from "../model/format";
import { useDesk } from "./context";
import { useColleagues } from "./people";

export function DestinationField({
  label, value, onChange, disabled, inline, focusFirst, numbers = true, inputRef,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  disabled?: boolean;
  /** The list stands below the field instead of floating over what follows. */
  inline?: boolean;
  focusFirst?: boolean;
  /** Whether numbers called lately are suggested too. */
  numbers?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}) {
  const { agent, recent } = useDesk();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [marked, setMarked] = useState<number | null>(null);
  const shown = inline === true || (open && disabled !== true);
  const colleagues = useColleagues(value, shown);
  const listed = suggestions(value, colleagues, numbers ? recent : [], agent.dn);
  // What is no number can only mean somebody of the list.
  const meant = marked ?? (value !== "" && dialable(value) === null ? 0 : null);
  // A floating list that says no more than the field does only covers what is below.
  const isSaid = listed.every((suggestion) => suggestion.number === value);
  const choose = (suggestion: Suggestion) => {
    onChange(suggestion.number);
    setMarked(null);
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = meant ?? (step === 1 ? -1 : listed.length);
      setMarked(Math.min(listed.length - 1, Math.max(0, from + step)));
    } else if (event.key === "Enter") {
      const suggestion = meant === null ? undefined : listed[meant];
      if (!shown || suggestion === undefined || suggestion.number === value) return;
      event.preventDefault();
      choose(suggestion);
    } else if (event.key === "Escape" && open && inline !== true) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <div className={`destination${inline === true ? " inline" : ""}`}>
      <input ref={inputRef} role="combobox" aria-label={label} aria-expanded={shown}
        aria-controls={`${id}-list`} aria-autocomplete="list" autoComplete="off" type="text"
        aria-activedescendant={shown && meant !== null ? `${id}-${meant}` : undefined}
        placeholder={label} value={value} disabled={disabled === true} spellCheck={false}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- a dialog's one field
        autoFocus={focusFirst === true}
        onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} onKeyDown={onKeyDown}
        onChange={(event) => {
          onChange(event.target.value);
          setMarked(null);
          setOpen(true);
        }} />
      <div className="suggestions" id={`${id}-list`} role="listbox" aria-label="Suggestions"
        hidden={!shown || (inline !== true && isSaid)}>
        {listed.map((suggestion, index) => (
          <div key={suggestion.number} id={`${id}-${index}`} role="option" tabIndex={-1}
            aria-selected={index === meant} className="suggestion"
            // Before the field loses the focus, which would take the list away.
            onPointerDown={(event) => {
              event.preventDefault();
              choose(suggestion);
            }}>
            <SuggestionWords suggestion={suggestion} />
          </div>
        ))}
        {listed.length > 0 ? null : (
          <p className="empty">
            {dialable(value) === null ? "Nobody of this name." : "Not a colleague’s number."}
          </p>
        )}
      </div>
    </div>
  );
}

function SuggestionWords({ suggestion }: { suggestion: Suggestion }) {
  const { name, number } = suggestion;
  return (
    <>
      {name === null ? <Clock3 size={14} aria-hidden /> : <UserRound size={14} aria-hidden />}
      <span className="suggestion-name">{name ?? phoneNumber(number)}</span>
      {name === null ? null : <span className="muted digits">{number}</span>}
    </>
  );
}
