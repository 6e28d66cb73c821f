// Twelve keys, for dialling and for tones.

import { useEffect, useEffectEvent } from "react";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;
const LETTERS: Readonly<Record<string, string>> = {
  2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ", 0: "+",
};
const NAMES: Readonly<Record<string, string>> = { "*": "Star", "#": "Hash" };

export function Keypad({ label, disabled, onPress }: {
  label: string;
  disabled?: boolean;
  onPress: (key: string) => void;
}) {
  return (
    <div className="keypad" role="group" aria-label={label}>
      {KEYS.map((key) => (
        <button key={key} type="button" className="key" disabled={disabled === true}
          aria-label={NAMES[key] ?? key} onClick={() => onPress(key)}>
          <span aria-hidden>{key}</span>
          <small aria-hidden>{LETTERS[key] ?? ""}</small>
        </button>
      ))}
    </div>
  );
}

/** The keyboard's digits press the same keys, unless somebody is typing into a field. */
export function useKeypadKeys(active: boolean, onPress: (key: string) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!active || event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
    if (!/^[\d*#]$/.test(event.key)) return;
    event.preventDefault();
    onPress(event.key);
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
