// One call's own page: what it was, how it sounds, who told whom what.

import { PhoneCall } from "lucide-react";
import { useEffect, useState } from "react";
import { readRecord, readStory } from "../../io/story";
import type { CallPageState, CallRecord } from "../../io/story";
import { clock, phoneNumber } from "../../model/format";
import { audioPath } from "../../model/recordings";
import type { Story } from "../../model/monitor/story";
import { Badge, Brand, Card } from "../Controls";
import { whenWords } from "../RecordingsTable";
import { UserMenu } from "../UserMenu";
import { LadderCard } from "./LadderCard";
import { LegCard } from "./LegCard";

const EVERY_MS = 2000;
/** Rows of the history and recordings come a moment after the end. */
const READS_AFTER_END = 4;

export function CallPage({ id }: { id: string }) {
  const { story, record, problem } = useCall(id);
  useEffect(() => {
    document.title = "Call · Cordboard";
  }, []);
  return (
    <div className="monitor">
      <header className="topbar">
        <Brand />
        <h1 className="page-title">Call</h1>
        <span className="link-state">{story === null ? null : <Up story={story} />}</span>
        <a className="button quiet" href="/monitor">Dashboard</a>
        <UserMenu />
      </header>
      <main className="monitor-main">
        {problem === null ? null : <p className="problem wide-card" role="alert">{problem}</p>}
        {record === null && story === null ? null : (
          <Summary id={id} story={story} record={record} />
        )}
        {story?.legs.map((leg) => <LegCard key={leg.leg} story={story} leg={leg} />)}
        {story === null ? null : <LadderCard story={story} />}
      </main>
    </div>
  );
}

function Up({ story }: { story: Story }) {
  return story.endedMs === null
    ? <Badge tone="good">Up</Badge>
    : <Badge>Over</Badge>;
}

function Summary({ id, story, record }: {
  id: string;
  story: Story | null;
  record: CallRecord | null;
}) {
  const length = (ms: number | null) => ms === null ? "–" : clock(ms / 1000);
  const facts: readonly (readonly [string, string])[] = record === null ? [] : [
    ["Direction", record.type],
    ["From", record.ani === null ? "–" : phoneNumber(record.ani)],
    ["Dialled", record.dnis === null ? "–" : phoneNumber(record.dnis)],
    ["Queue", record.queue ?? "–"],
    ["Agent", record.agent ?? "–"],
    ["Waited", length(record.queueMs)],
    ["Talked", length(record.talkMs)],
    ["Outcome", record.outcome ?? "goes on"],
  ];
  return (
    <Card title={story === null ? "Call" : whenWords(story.beganMs)} icon={PhoneCall}
      className="wide-card" aside={<span className="muted small digits">{id}</span>}>
      <dl className="call-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {record?.recordings.map((recording) => (
        // Nobody has written down what was said.
        // oxlint-disable-next-line jsx-a11y/media-has-caption
        <audio key={recording} controls preload="none" src={audioPath(recording)}
          aria-label={`Recording ${recording}`} />
      ))}
    </Card>
  );
}

function useCall(id: string): CallPageState {
  const [state, setState] = useState<CallPageState>({ story: null, record: null, problem: null });
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    let left = READS_AFTER_END;
    const read = async () => {
      const [story, record] = await Promise.allSettled([readStory(id), readRecord(id)]);
      if (isOver) return;
      setState((before) => ({
        story: story.status === "fulfilled" ? story.value : before.story,
        record: record.status === "fulfilled" ? record.value : before.record,
        problem: story.status === "fulfilled" ? null : wordsOf(story.reason),
      }));
      const isUp = story.status === "fulfilled" && story.value.endedMs === null;
      left = isUp ? READS_AFTER_END : left - 1;
      if (left > 0) timer = window.setTimeout(() => void read(), EVERY_MS);
    };
    void read();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [id]);
  return state;
}

function wordsOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : "The story can't be read.";
}
