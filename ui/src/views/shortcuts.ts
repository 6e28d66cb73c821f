// Keyboard shortcuts: Alt and a letter, by the key's place, so that they work on every layout and
// never collide with typing.

import { useEffect, useEffectEvent } from "react";

export const SHORTCUTS = {
  answer: { code: "KeyA", label: "Alt+A" },
  reject: { code: "KeyJ", label: "Alt+J" },
  release: { code: "KeyR", label: "Alt+R" },
  hold: { code: "KeyH", label: "Alt+H" },
  transfer: { code: "KeyT", label: "Alt+T" },
  conference: { code: "KeyG", label: "Alt+G" },
  swap: { code: "KeyS", label: "Alt+S" },
  keypad: { code: "KeyK", label: "Alt+K" },
  record: { code: "KeyO", label: "Alt+O" },
  pauseRecording: { code: "KeyU", label: "Alt+U" },
  moreWrapUp: { code: "KeyW", label: "Alt+W" },
  dial: { code: "KeyP", label: "Alt+P" },
  mute: { code: "KeyM", label: "Alt+M" },
  ready: { code: "KeyY", label: "Alt+Y" },
  notReady: { code: "KeyN", label: "Alt+N" },
  complete: { code: "KeyC", label: "Alt+C" },
} as const;

export type Shortcut = keyof typeof SHORTCUTS;

export function useShortcuts(act: (shortcut: Shortcut) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    const names = Object.keys(SHORTCUTS) as Shortcut[];
    const pressed = names.find((name) => SHORTCUTS[name].code === event.code);
    if (pressed === undefined) return;
    event.preventDefault();
    act(pressed);
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
