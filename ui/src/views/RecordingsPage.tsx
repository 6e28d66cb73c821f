// Recordings, for those who may hear them: found, played, downloaded, deleted.

import { ChevronLeft, ChevronRight, Search, X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { FormEvent } from "react";
import { RecordingList } from "../io/recordings";
import { NO_FILTER, PAGE_SIZE, hasNext, rangeWords } from "../model/recordings";
import type { Filter, RecordingsState } from "../model/recordings";
import { Brand, Button } from "./Controls";
import { Player } from "./Player";
import { RecordingsTable } from "./RecordingsTable";
import { UserMenu } from "./UserMenu";

export function RecordingsPage() {
  const [all] = useState(() => new RecordingList());
  const state = useSyncExternalStore(all.store.subscribe, all.store.state);
  const open = state.recordings.find(({ id }) => id === state.openId) ?? null;
  useEffect(() => {
    document.title = "Recordings · Cordboard";
    void all.read(NO_FILTER, 0);
  }, [all]);
  return (
    <div className="monitor">
      <header className="topbar">
        <Brand />
        <h1 className="page-title">Recordings</h1>
        <span className="link-state" role="status">{state.busy ? "Reading…" : ""}</span>
        <UserMenu />
      </header>
      {state.refused ? (
        <main className="opening">
          <h1>Recordings are for supervisors</h1>
          <p>{state.problem}</p>
        </main>
      ) : (
        <main className="recordings-main">
          <Filters busy={state.busy} onSearch={(filter) => void all.read(filter, 0)} />
          {state.problem === null ? null : <p className="problem" role="alert">{state.problem}</p>}
          {open === null ? null : <Player key={open.id} recording={open} all={all} />}
          <section className="card recordings-card" aria-label="Found recordings">
            <RecordingsTable state={state} onOpen={(id) => all.open(id)} />
            <Pager state={state} onTurn={(offset) => void all.read(state.filter, offset)} />
          </section>
        </main>
      )}
    </div>
  );
}

const FIELDS = [
  { name: "from", label: "From", type: "date" },
  { name: "to", label: "To", type: "date" },
  { name: "agent", label: "Agent", type: "text" },
  { name: "dn", label: "DN", type: "text" },
  { name: "number", label: "Number", type: "text" },
] as const;

function Filters({ busy, onSearch }: { busy: boolean; onSearch: (filter: Filter) => void }) {
  const [filter, setFilter] = useState(NO_FILTER);
  const search = (event: FormEvent) => {
    event.preventDefault();
    onSearch(filter);
  };
  const clear = () => {
    setFilter(NO_FILTER);
    onSearch(NO_FILTER);
  };
  return (
    <form className="filters" role="search" aria-label="Find recordings" onSubmit={search}>
      {FIELDS.map(({ name, label, type }) => (
        <label key={name} className="field">
          {label}
          <input type={type} value={filter[name]} maxLength={64}
            onChange={(event) => setFilter({ ...filter, [name]: event.target.value })} />
        </label>
      ))}
      <div className="filter-buttons">
        <Button label="Find" icon={Search} tone="primary" type="submit" pending={busy} />
        <Button label="Clear" icon={X} tone="quiet" onClick={clear} />
      </div>
    </form>
  );
}

function Pager({ state, onTurn }: {
  state: RecordingsState;
  onTurn: (offset: number) => void;
}) {
  return (
    <nav className="pager" aria-label="Pages">
      <span className="muted digits" role="status">{rangeWords(state)}</span>
      <Button label="Newer" icon={ChevronLeft} disabled={state.offset === 0}
        onClick={() => onTurn(Math.max(0, state.offset - PAGE_SIZE))} />
      <Button label="Older" icon={ChevronRight} disabled={!hasNext(state)}
        onClick={() => onTurn(state.offset + PAGE_SIZE)} />
    </nav>
  );
}
