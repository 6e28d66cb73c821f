// A level that moves with the sound. It is drawn past React: sixty times a second is no state.

import { useEffect, useRef } from "react";
import { useSession } from "./context";

const FALL_PER_FRAME = 0.04;

export function LevelMeter({ of, label }: { of: "microphone" | "speaker"; label: string }) {
  const { phone } = useSession();
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = 0;
    const draw = () => {
      shown = Math.max(phone.levels()[of], shown - FALL_PER_FRAME);
      bar.current?.style.setProperty("scale", `${shown.toFixed(3)} 1`);
      frame = window.requestAnimationFrame(draw);
    };
    frame = window.requestAnimationFrame(draw);
    return () => window.cancelAnimationFrame(frame);
  }, [phone, of]);
  return (
    <span className="meter" role="img" aria-label={label}>
      <span ref={bar} />
    </span>
  );
}
