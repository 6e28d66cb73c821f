// The list at the left: kinds of objects with their counts, and what is not saved yet.

import { FileUp, History, PencilLine } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { WHOLE_AUDIT, WHOLE_LIST, writeAddress } from "../../model/admin/address";
import type { Address } from "../../model/admin/address";
import { GROUPS, KINDS } from "../../model/admin/kinds";
import type { Kind } from "../../model/admin/kinds";
import { useAdmin } from "./context";

export function Nav({ address }: { address: Address }) {
  const { state } = useAdmin();
  const open = "kind" in address ? address.kind : null;
  const drafts = [...state.drafts.all.values()];
  const link = (kind: Kind, many: string) => {
    const count = state.site?.counts.get(kind);
    const unsaved = drafts.some((draft) => draft.kind === kind);
    return (
      <li key={kind}>
        <a href={writeAddress({ page: "list", kind, query: WHOLE_LIST })}
          aria-current={open === kind ? "page" : undefined}>
          <span>{many}</span>
          {unsaved ? <span className="unsaved-dot" title="Unsaved changes" /> : null}
          {kind === "switch" ? null : <span className="muted digits">{count ?? ""}</span>}
        </a>
      </li>
    );
  };
  return (
    <nav className="admin-nav" aria-label="Configuration">
      <ul>
        <Extra icon={PencilLine} address={{ page: "review" }} open={address.page === "review"}
          label="Unsaved changes" count={drafts.length} />
      </ul>
      {GROUPS.map((group) => (
        <section key={group} aria-label={group}>
          <h2>{group}</h2>
          <ul>
            {KINDS.filter((facts) => facts.group === group)
              .map(({ kind, many }) => link(kind, many))}
          </ul>
        </section>
      ))}
      <section aria-label="More">
        <h2>More</h2>
        <ul>
          <Extra icon={History} address={{ page: "audit", query: WHOLE_AUDIT }}
            open={address.page === "audit"} label="Who changed what" />
          <Extra icon={FileUp} address={{ page: "files" }} open={address.page === "files"}
            label="Import and export" />
        </ul>
      </section>
    </nav>
  );
}

function Extra({ icon: Icon, address, open, label, count = 0 }: {
  icon: LucideIcon;
  address: Address;
  open: boolean;
  label: string;
  count?: number;
}) {
  return (
    <li>
      <a href={writeAddress(address)} aria-current={open ? "page" : undefined}
        className={count > 0 ? "unsaved" : ""}>
        <Icon size={15} aria-hidden />
        <span>{label}</span>
        {count > 0 ? <span className="badge warn">{count}</span> : null}
      </a>
    </li>
  );
}
