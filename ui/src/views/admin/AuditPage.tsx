// Who changed what, and when: newest first.

import { ChevronLeft, ChevronRight } from "lucide-react";
import { AUDIT_PAGE_SIZE, readAudit } from "../../io/configuration";
import { WHOLE_AUDIT } from "../../model/admin/address";
import type { AuditQuery } from "../../model/admin/address";
import { KINDS } from "../../model/admin/kinds";
import { Button } from "../Controls";
import { Changes } from "./Changes";
import { replaceAddress, useAdmin, useAsked } from "./context";

const WHEN = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  second: "2-digit",
});

export function AuditPage({ query }: { query: AuditQuery }) {
  const { state } = useAdmin();
  const version = state.site?.version ?? 0;
  const found = useAsked(`${version} ${JSON.stringify(query)}`, () => readAudit(query));
  const show = (changed: Partial<AuditQuery>) =>
    replaceAddress({ page: "audit", query: { ...query, offset: 0, ...changed } });
  const { total = 0, entries = [] } = found.value ?? {};
  const end = query.offset + entries.length;
  return (
    <section className="card admin-object" aria-label="Who changed what">
      <header className="admin-head">
        <h2>Who changed what</h2>
        <span className="gap" />
        <select aria-label="Kind of object" value={query.kind}
          onChange={(event) => show({ kind: event.target.value })}>
          <option value="">Everything</option>
          {KINDS.map(({ kind, many }) => <option key={kind} value={kind}>{many}</option>)}
        </select>
        <input type="search" aria-label="Name of the object" placeholder="Name" value={query.key}
          onChange={(event) => show({ key: event.target.value })} />
        <input type="search" aria-label="Who" placeholder="Who" value={query.who}
          onChange={(event) => show({ who: event.target.value })} />
        <Button label="Clear" tone="quiet" onClick={() => show(WHOLE_AUDIT)} />
      </header>
      {found.problem === null ? null : <p className="problem" role="alert">{found.problem}</p>}
      <ol className="audit" aria-label="Changes, newest first">
        {entries.map(({ version: made, who, atMs, changes }) => (
          <li key={made}>
            <p>
              <strong>{who}</strong>
              <span className="muted"> · {Number.isNaN(atMs) ? "" : WHEN.format(atMs)} · version
                {" "}{made}</span>
            </p>
            <Changes changes={changes} />
          </li>
        ))}
      </ol>
      {entries.length > 0 ? null : (
        <p className="empty">{found.busy ? "Reading…" : "Nothing was found."}</p>
      )}
      <nav className="pager" aria-label="Pages">
        <span className="muted digits" role="status">
          {entries.length === 0 ? "" : `${query.offset + 1}–${end} of ${total}`}
        </span>
        <Button label="Newer" icon={ChevronLeft} disabled={query.offset === 0}
          onClick={() => show({ offset: Math.max(0, query.offset - AUDIT_PAGE_SIZE) })} />
        <Button label="Older" icon={ChevronRight} disabled={end >= total}
          onClick={() => show({ offset: end })} />
      </nav>
    </section>
  );
}
