// What of the agents and calls is shown.

import { AGENT_STATES, NO_FILTER, STATE_WORDS, teamsOf } from "../../model/monitor/rows";
import type { AgentRow, Filter } from "../../model/monitor/rows";
import type { Monitor } from "../../model/monitor/monitor";
import { Button } from "../Controls";

export function Filters({ monitor, rows, filter, onChange }: {
  monitor: Monitor;
  rows: readonly AgentRow[];
  filter: Filter;
  onChange: (filter: Filter) => void;
}) {
  const states = AGENT_STATES.map((state) => [state, STATE_WORDS[state]] as const);
  const same = (names: readonly string[]) => names.map((name) => [name, name] as const);
  const choices = [
    ["queue", "Queue", same(monitor.queues.map(({ name }) => name))],
    ["skill", "Skill", same(monitor.skills.map(({ name }) => name))],
    ["team", "Team", same(teamsOf(rows))],
    ["state", "State", states],
  ] as const;
  return (
    <form className="filters wide-card" role="search" aria-label="Filter agents and calls"
      onSubmit={(event) => event.preventDefault()}>
      {choices.map(([name, label, values]) => (
        <label key={name} className="field">
          {label}
          <select value={filter[name]}
            onChange={(event) => onChange({ ...filter, [name]: event.target.value })}>
            <option value="">All</option>
            {values.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
          </select>
        </label>
      ))}
      <label className="field">
        Agent
        <input type="search" value={filter.typed} maxLength={64}
          onChange={(event) => onChange({ ...filter, typed: event.target.value })} />
      </label>
      <Button label="Clear" tone="quiet" onClick={() => onChange(NO_FILTER)} />
    </form>
  );
}
