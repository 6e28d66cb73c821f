// Plays a recording: both sides are seen, either can be heard alone.

import { Download, Pause, Play, Trash2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Channels, readShape } from "../io/recordings";
import type { RecordingList, Solo } from "../io/recordings";
import { clock, phoneNumber } from "../model/format";
import { audioPath, fileName, mayDelete } from "../model/recordings";
import type { Recording } from "../model/recordings";
import { useDesk } from "./context";
import { Button, Card } from "./Controls";
import { whenWords } from "./RecordingsTable";
import { Waveform } from "./Waveform";

const SPEEDS = [1, 1.5, 2] as const;
const SOLOS: readonly { readonly solo: Solo; readonly label: string }[] = [
  { solo: "both", label: "Both" },
  { solo: "customer", label: "Customer" },
  { solo: "agent", label: "Agent" },
];

export function Player({ recording, all }: { recording: Recording; all: RecordingList }) {
  const sound = useSound(recording);
  const { element, playing, seconds } = sound;
  const length = recording.durationMs / 1000;
  const title = `${whenWords(recording.startedMs)} · ${phoneNumber(recording.other)}`;
  return (
    <Card title={title} className="player"
      aside={
        <Button label="Close the player" icon={X} iconOnly tone="quiet"
          onClick={() => all.open(null)} />
      }>
      {/* Nobody has written down what was said. */}
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption */}
      <audio ref={element} src={audioPath(recording.id)} preload="metadata" {...sound.events} />
      <Waveform recording={recording} shape={sound.shape} seconds={seconds}
        onSeek={sound.seek} />
      {sound.failed ? (
        <p className="problem" role="alert">This recording can&rsquo;t be played here.</p>
      ) : null}
      <div className="player-row">
        <Button label={playing ? "Pause" : "Play"} icon={playing ? Pause : Play} tone="primary"
          disabled={sound.failed} onClick={sound.toggle} />
        <span className="digits player-clock">{clock(seconds)} / {clock(length)}</span>
        <span className="choices" role="group" aria-label="Speed">
          {SPEEDS.map((speed) => (
            <Button key={speed} label={`${speed}×`} pressed={sound.speed === speed}
              onClick={() => sound.setSpeed(speed)} />
          ))}
        </span>
        <span className="choices" role="group" aria-label="Who is heard">
          {SOLOS.map(({ solo, label }) => (
            <Button key={solo} label={label} pressed={sound.solo === solo}
              onClick={() => sound.setSolo(solo)} />
          ))}
        </span>
        <span className="player-files">
          <a className="button plain" href={audioPath(recording.id)}
            download={fileName(recording)}>
            <Download size={16} aria-hidden /> Download
          </a>
          <DeleteButton recording={recording} all={all} />
        </span>
      </div>
    </Card>
  );
}

function DeleteButton({ recording, all }: { recording: Recording; all: RecordingList }) {
  const { stage } = useDesk();
  const [asks, setAsks] = useState(false);
  if (stage.kind !== "signedIn" || !mayDelete(stage.user)) return null;
  if (!asks) return <Button label="Delete" icon={Trash2} onClick={() => setAsks(true)} />;
  return (
    <span className="confirm" role="group" aria-label="Delete this recording for good?">
      <strong role="alert">Are you sure?</strong>
      <Button label="Delete for good" icon={Trash2} tone="danger"
        onClick={() => void all.remove(recording.id).then((done) => done || setAsks(false))} />
      <Button label="Keep" onClick={() => setAsks(false)} />
    </span>
  );
}

type Shape = readonly (readonly number[])[] | null;

/** The sound itself belongs to the browser: this follows what it says of itself. */
function useSound(recording: Recording) {
  const { id, durationMs } = recording;
  const element = useRef<HTMLAudioElement>(null);
  const channels = useRef<Channels | null>(null);
  const [shape, setShape] = useState<Shape>(null);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const [speed, chooseSpeed] = useState(1);
  const [solo, chooseSolo] = useState<Solo>("both");
  useEffect(() => {
    const reading = new AbortController();
    void readShape(id, durationMs, reading.signal).then((read) => {
      if (!reading.signal.aborted) setShape(read);
    });
    return () => reading.abort();
  }, [id, durationMs]);
  useEffect(() => {
    return () => {
      channels.current?.close();
      channels.current = null;
    };
  }, []);
  const toggle = () => {
    const { current } = element;
    if (current === null) return;
    // Only a click may start a sound.
    channels.current ??= new Channels(current);
    channels.current.resume();
    channels.current.solo(solo);
    if (current.paused) void current.play().catch(() => setFailed(true));
    else current.pause();
  };
  const seek = (to: number) => {
    const at = Math.min(Math.max(0, to), durationMs / 1000);
    if (element.current !== null) element.current.currentTime = at;
    setSeconds(at);
  };
  const setSpeed = (next: number) => {
    if (element.current !== null) element.current.playbackRate = next;
    chooseSpeed(next);
  };
  const setSolo = (next: Solo) => {
    channels.current?.solo(next);
    chooseSolo(next);
  };
  const events = {
    onPlay: () => setPlaying(true),
    onPause: () => setPlaying(false),
    onError: () => setFailed(true),
    onTimeUpdate: () => setSeconds(element.current?.currentTime ?? 0),
  };
  return { element, shape, playing, failed, seconds, speed, solo, toggle, seek, setSpeed, setSolo,
    events };
}
