// Keys of the administration.

import { useEffect, useEffectEvent } from "react";

/** Alt+S saves. */
export function useAdminKeys({ save, isOn }: { save: () => void; isOn: boolean }): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!isOn || !event.altKey || event.ctrlKey || event.code !== "KeyS") return;
    event.preventDefault();
    save();
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
