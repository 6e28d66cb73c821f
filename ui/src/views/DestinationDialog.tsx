// Asks for a number and what to do with it. It does not block the page: the call behind it can
// still be held, muted or ended, and a refusal can be read while the number stands.

import { X } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { dialable } from "../model/dialling";
import { Button } from "./Controls";
import { DestinationField } from "./DestinationField";

export interface Choice {
  readonly label: string;
  readonly tip: string;
  readonly icon: LucideIcon;
  /** Whether the server took it: the dialog closes then. */
  readonly act: (number: string) => Promise<boolean>;
}

/** The first choice is what Enter means. */
export function DestinationDialog({ title, choices, onClose }: {
  title: string;
  choices: readonly Choice[];
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState<string | null>(null);
  const number = dialable(typed);
  const act = async (choice: Choice) => {
    if (number === null || busy !== null) return;
    setBusy(choice.label);
    const done = await choice.act(number);
    setBusy(null);
    if (done) onClose();
  };
  useReturnedFocus();
  useEscape(onClose);
  return (
    <dialog ref={dialog} open className="destination-dialog" aria-label={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const [first] = choices;
          if (first !== undefined) void act(first);
        }}
      >
        <header className="card-head">
          <h2>{title}</h2>
          <Button label="Close" icon={X} iconOnly tone="quiet" onClick={onClose} />
        </header>
        <DestinationField label="Number or name" value={typed} onChange={setTyped} inline
          focusFirst />
        <div className="dialog-buttons">
          {choices.map((choice, index) => (
            <Button key={choice.label} label={choice.label} icon={choice.icon} tip={choice.tip}
              tone={index === 0 ? "primary" : "plain"} disabled={number === null}
              type={index === 0 ? "submit" : "button"} pending={busy === choice.label}
              {...(index === 0 ? {} : { onClick: () => void act(choice) })} />
          ))}
        </div>
      </form>
    </dialog>
  );
}

/** Where the keyboard was before is where it goes on. */
function useReturnedFocus(): void {
  const before = useRef(document.activeElement);
  useEffect(() => {
    const { current } = before;
    return () => {
      if (current instanceof HTMLElement && current.isConnected) current.focus();
    };
  }, []);
}

function useEscape(onEscape: () => void): void {
  const onKey = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key === "Escape") onEscape();
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
