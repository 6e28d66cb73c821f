// Both sides of a recording above each other, its pauses, and where it is: a slider to seek with.

import { useRef } from "react";
import type { KeyboardEvent, PointerEvent } from "react";
import { clock } from "../model/format";
import type { Recording } from "../model/recordings";

const STEP_S = 5;
const LEAP_S = 30;
const SIDES = [
  { name: "Customer", className: "customer" },
  { name: "Agent", className: "agent" },
] as const;

export function Waveform({ recording, shape, seconds, onSeek }: {
  recording: Recording;
  shape: readonly (readonly number[])[] | null;
  seconds: number;
  onSeek: (seconds: number) => void;
}) {
  const track = useRef<HTMLDivElement>(null);
  const length = Math.max(recording.durationMs / 1000, 0.001);
  const percent = (at: number) => `${Math.min(100, (at / length) * 100)}%`;
  const point = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || event.buttons === 0) return;
    onSeek(((event.clientX - box.left) / box.width) * length);
  };
  const key = (event: KeyboardEvent) => {
    const to = seekTarget(event.key, seconds, length);
    if (to === null) return;
    event.preventDefault();
    onSeek(to);
  };
  return (
    <div className="waveform">
      <div className="side-names" aria-hidden>
        {SIDES.map(({ name, className }) => <span key={name} className={className}>{name}</span>)}
      </div>
      <div ref={track} className="track" role="slider" tabIndex={0} aria-label="Position"
        aria-valuemin={0} aria-valuemax={Math.round(length)} aria-valuenow={Math.round(seconds)}
        aria-valuetext={`${clock(seconds)} of ${clock(length)}`}
        onPointerDown={point} onPointerMove={point} onKeyDown={key}>
        {SIDES.map(({ name, className }, index) => (
          <Side key={name} className={className} heights={shape?.[index] ?? []} />
        ))}
        {recording.gaps.map(([from, to]) => (
          <span key={from} className="gap" title={`Paused ${clock((to - from) / 1000)}`}
            style={{ left: percent(from / 1000), width: percent((to - from) / 1000) }} />
        ))}
        <span className="playhead" style={{ left: percent(seconds) }} />
      </div>
    </div>
  );
}

function seekTarget(key: string, seconds: number, length: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return seconds - STEP_S;
    case "ArrowRight":
    case "ArrowUp":
      return seconds + STEP_S;
    case "PageDown":
      return seconds - LEAP_S;
    case "PageUp":
      return seconds + LEAP_S;
    case "Home":
      return 0;
    case "End":
      return length;
    default:
      return null;
  }
}

function Side({ className, heights }: { className: string; heights: readonly number[] }) {
  const path = heights
    .map((height, at) => `M${at + 0.5} ${(1 - height).toFixed(3)}V${(1 + height).toFixed(3)}`)
    .join("");
  return (
    <svg className={className} viewBox={`0 0 ${Math.max(1, heights.length)} 2`}
      preserveAspectRatio="none" aria-hidden>
      <path d={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
