// All objects of a kind: found, sorted and turned in pages by the server.

import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, Plus } from "lucide-react";
import { useState } from "react";
import { PAGE_SIZE, readObjects } from "../../io/configuration";
import { writeAddress } from "../../model/admin/address";
import type { ListQuery } from "../../model/admin/address";
import { beginning, draftId } from "../../model/admin/drafts";
import type { Item, ObjectPage } from "../../model/admin/decode";
import { factsOf } from "../../model/admin/kinds";
import type { Kind } from "../../model/admin/kinds";
import { mayChange } from "../../model/admin/state";
import { useDesk } from "../context";
import { Button } from "../Controls";
import { BulkSkills } from "./BulkSkills";
import { go, replaceAddress, useAdmin, useAsked } from "./context";

const NO_ITEMS: readonly Item[] = [];

export function ObjectList({ kind, query }: { kind: Kind; query: ListQuery }) {
  const { admin, state } = useAdmin();
  const { stage } = useDesk();
  const { one, many } = factsOf(kind);
  const [marked, setMarked] = useState<ReadonlyMap<string, Item>>(new Map());
  const version = state.site?.version ?? 0;
  const found = useAsked(`${kind} ${version} ${JSON.stringify(query)}`,
    () => readObjects(kind, query));
  const page = found.value;
  const allowed = stage.kind === "signedIn" && mayChange(state, stage.user, kind);
  const show = (changed: Partial<ListQuery>) =>
    replaceAddress({ page: "list", kind, query: { ...query, offset: 0, ...changed } });
  const begin = () => {
    admin.draft({ type: "begun", kind, key: "", object: beginning(kind, null) });
    go({ page: "new", kind, number: admin.store.state().drafts.begun });
  };
  const isMany = kind === "persons" && allowed;
  return (
    <section className="card admin-list" aria-label={many}>
      <header className="admin-head">
        <h2>{many}</h2>
        <input type="search" aria-label={`Search ${many}`} placeholder="Search" maxLength={100}
          value={query.search} onChange={(event) => show({ search: event.target.value })} />
        {allowed ? (
          <Button label={`New ${one}`} icon={Plus} tone="primary" onClick={begin} />
        ) : <span className="muted">You may look, not change.</span>}
      </header>
      {isMany && marked.size > 0 ? (
        <BulkSkills items={[...marked.values()]} onDone={() => setMarked(new Map())} />
      ) : null}
      {found.problem === null ? null : <p className="problem" role="alert">{found.problem}</p>}
      <Table kind={kind} query={query} items={page?.items ?? NO_ITEMS} busy={found.busy}
        onSort={(sort) => show({ sort })} marked={isMany ? marked : null} onMark={setMarked} />
      {page === null ? null : (
        <Pages page={page} onTurn={(offset) => show({ offset })} />
      )}
    </section>
  );
}

function Table({ kind, query, items, busy, onSort, marked, onMark }: {
  kind: Kind;
  query: ListQuery;
  items: readonly Item[];
  busy: boolean;
  onSort: (sort: string) => void;
  marked: ReadonlyMap<string, Item> | null;
  onMark: (marked: ReadonlyMap<string, Item>) => void;
}) {
  const { state } = useAdmin();
  const { key: keyTitle, columns } = factsOf(kind);
  const down = query.sort.startsWith("-");
  const sorted = query.sort.replace(/^-/, "") || "key";
  const Direction = down ? ArrowDown : ArrowUp;
  const heads = [{ head: keyTitle, field: "key" }, ...columns];
  const mark = (some: readonly Item[], on: boolean) => {
    const next = new Map(marked);
    for (const item of some) {
      if (on) next.set(item.key, item);
      else next.delete(item.key);
    }
    onMark(next);
  };
  return (
    <div className="admin-scroll" aria-busy={busy}>
      <table className="admin-table">
        <thead>
          <tr>
            {marked === null ? null : (
              <th scope="col" className="mark">
                <input type="checkbox" aria-label="Mark all on this page"
                  checked={items.length > 0 && items.every(({ key }) => marked.has(key))}
                  onChange={(event) => mark(items, event.target.checked)} />
              </th>
            )}
            {heads.map(({ head, field }) => (
              <th key={field} scope="col"
                aria-sort={sorted !== field ? undefined : down ? "descending" : "ascending"}>
                <button type="button"
                  onClick={() => onSort(sorted === field && !down ? `-${field}` : field)}>
                  {head}
                  {sorted === field ? <Direction size={13} aria-hidden /> : null}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.key}>
              {marked === null ? null : (
                <td className="mark">
                  <input type="checkbox" aria-label={`Mark ${item.key}`}
                    checked={marked.has(item.key)}
                    onChange={(event) => mark([item], event.target.checked)} />
                </td>
              )}
              <th scope="row">
                <a href={writeAddress({ page: "object", kind, key: item.key })}>{item.key}</a>
                {state.drafts.all.has(draftId(kind, item.key))
                  ? <span className="unsaved-dot" title="Unsaved changes" /> : null}
              </th>
              {columns.map(({ field, cell }) => <td key={field}>{cell(item.object) || "–"}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {items.length > 0 ? null : (
        <p className="empty">{busy ? "Reading…" : "Nothing was found."}</p>
      )}
    </div>
  );
}

function Pages({ page, onTurn }: { page: ObjectPage; onTurn: (offset: number) => void }) {
  const { total, offset, items } = page;
  const end = offset + items.length;
  const range = items.length === 0 ? `${total}` : `${offset + 1}–${end} of ${total}`;
  return (
    <nav className="pager" aria-label="Pages">
      <span className="muted digits" role="status">{range}</span>
      <Button label="Previous" icon={ChevronLeft} disabled={offset === 0}
        onClick={() => onTurn(Math.max(0, offset - PAGE_SIZE))} />
      <Button label="Next" icon={ChevronRight} disabled={end >= total}
        onClick={() => onTurn(end)} />
    </nav>
  );
}
