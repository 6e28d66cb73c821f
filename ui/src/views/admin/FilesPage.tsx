// Files in and out: agents and DNs from CSV with a report per line, a whole site from TOML or YAML.
// A file is planned first; nothing is changed before the plan was seen.

import { Download, FileUp } from "lucide-react";
import { useState } from "react";
import type { ReactNode } from "react";
import { exportPath, sendFile } from "../../io/configuration";
import type { FileKind } from "../../io/configuration";
import { problemsOf, words } from "../../io/admin";
import { RestError } from "../../io/rest";
import { decodeImported } from "../../model/admin/decode";
import type { Imported } from "../../model/admin/decode";
import { Button } from "../Controls";
import { Changes } from "./Changes";
import { useAdmin } from "./context";

const FILES: readonly { kind: FileKind; title: string; accept: string; help: string }[] = [
  {
    kind: "agents", title: "Agents from CSV", accept: ".csv,text/csv",
    help: "Columns: user_name, first_name, last_name, employee_id, password, dn, place, skills "
      + "(Support:5; Sales:3), wrap_up_s.",
  },
  {
    kind: "dns", title: "DNs from CSV", accept: ".csv,text/csv",
    help: "Columns: dn, type, alias, password, record, cti_control, reject_not_ready, strategy, "
      + "dnis, default_dn.",
  },
  {
    kind: "site", title: "A site's file", accept: ".toml,.yaml,.yml",
    help: "TOML or YAML, as it is exported. What the file doesn't name stays.",
  },
];

export function FilesPage() {
  return (
    <>
      <section className="card admin-object" aria-label="Export">
        <header className="admin-head">
          <h2>Export</h2>
        </header>
        <p className="muted">The whole configuration. Phones&rsquo; passwords are readable in
          it: keep it to yourself.</p>
        <p className="dialog-buttons">
          {(["toml", "yaml", "json"] as const).map((format) => (
            <a key={format} className="button plain" href={exportPath(format)}
              download={`site.${format}`}>
              <Download size={16} aria-hidden /> {format.toUpperCase()}
            </a>
          ))}
        </p>
      </section>
      {FILES.map(({ kind, ...file }) => <FileCard key={kind} kind={kind} {...file} />)}
    </>
  );
}

interface Chosen {
  readonly name: string;
  readonly text: string;
}

interface Report {
  readonly imported: Imported;
  readonly problems: readonly string[];
  readonly partial: boolean;
}

function FileCard({ kind, title, accept, help }: {
  kind: FileKind;
  title: string;
  accept: string;
  help: string;
}) {
  const { admin } = useAdmin();
  const [file, setFile] = useState<Chosen | null>(null);
  const [partial, setPartial] = useState(false);
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<Report | null>(null);
  const send = async (chosen: Chosen, plan: boolean, skips: boolean) => {
    setBusy(true);
    try {
      const how = { plan, partial: skips };
      const imported = await sendFile(kind, chosen.name, chosen.text, how);
      setReport({ imported, problems: [], partial: skips });
      if (!plan) {
        setFile(null);
        admin.tell(`${chosen.name} was carried out as version ${imported.version}.`);
        void admin.refresh();
      }
    } catch (error) {
      const isRest = error instanceof RestError;
      const problems = isRest ? problemsOf(error).map(({ text }) => text) : [words(error)];
      const imported = decodeImported(isRest ? error.body : null);
      setReport({ imported: { ...imported, changes: [] }, problems, partial: skips });
    }
    setBusy(false);
  };
  const choose = async (picked: File | undefined) => {
    if (picked === undefined) return;
    const chosen = { name: picked.name, text: await picked.text() };
    setFile(chosen);
    await send(chosen, true, partial);
  };
  const skip = (on: boolean) => {
    setPartial(on);
    if (file !== null) void send(file, true, on);
  };
  const ready = file !== null && report !== null && report.problems.length === 0
    && report.imported.changes.length > 0;
  return (
    <section className="card admin-object" aria-label={title}>
      <header className="admin-head">
        <h2>{title}</h2>
      </header>
      <p className="muted">{help}</p>
      <p className="dialog-buttons">
        <label className="button plain file-button">
          <FileUp size={16} aria-hidden />
          <input type="file" className="unseen" accept={accept} aria-label={`File: ${title}`}
            onChange={({ target }) => {
              void choose(target.files?.[0]);
              target.value = "";
            }} />
          <span>Choose a file…</span>
        </label>
        {file === null ? null : <span>{file.name}</span>}
        {kind === "site" ? null : (
          <label className="check">
            <input type="checkbox" checked={partial}
              onChange={(event) => skip(event.target.checked)} />
            Leave bad lines out
          </label>
        )}
        <Button label="Carry it out" tone="primary" disabled={!ready} pending={busy}
          onClick={() => {
            if (file !== null) void send(file, false, partial);
          }} />
      </p>
      {report === null ? null : <ReportView report={report} planned={file !== null} />}
    </section>
  );
}

function ReportView({ report, planned }: { report: Report; planned: boolean }): ReactNode {
  const { imported, problems } = report;
  const refused = imported.lines.filter(({ outcome }) => outcome === "refused");
  const title = planned ? "This would change:" : "This was changed:";
  return (
    <div role="status">
      {problems.length === 0 ? null : (
        <ul className="problem" aria-label="Problems">
          {problems.map((problem) => <li key={problem}>{problem}</li>)}
        </ul>
      )}
      {imported.lines.length === 0 ? null : (
        <>
          <p>{imported.lines.length} lines, {refused.length} refused.</p>
          <div className="admin-scroll report">
            <table className="admin-table" aria-label="Report per line">
              <thead>
                <tr>
                  <th scope="col">Line</th><th scope="col">Outcome</th><th scope="col">Why</th>
                </tr>
              </thead>
              <tbody>
                {[...refused, ...imported.lines.filter(({ outcome }) => outcome !== "refused")]
                  .map(({ line, outcome, message }) => (
                    <tr key={`${line} ${message}`} className={outcome}>
                      <th scope="row">{line}</th><td>{outcome}</td><td>{message}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {problems.length > 0 ? null : imported.changes.length === 0 ? (
        <p>Nothing {planned ? "would change" : "was changed"}: all of it is there already.</p>
      ) : (
        <>
          <h3>{title}</h3>
          <Changes changes={imported.changes} />
        </>
      )}
    </div>
  );
}
