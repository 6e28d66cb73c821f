// The administration of the site: every object of the configuration, found, changed and saved,
// and who changed what. Loaded only by who opens it.

import { ShieldAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { Admin } from "../../io/admin";
import { draftId, newId } from "../../model/admin/drafts";
import type { Address } from "../../model/admin/address";
import { SWITCH_KEY, factsOf } from "../../model/admin/kinds";
import { noticeWords } from "../../model/admin/state";
import { useDesk } from "../context";
import { Brand, Button, Dot } from "../Controls";
import { UserMenu } from "../UserMenu";
import { AuditPage } from "./AuditPage";
import { AdminContext, useAddress, useAdmin } from "./context";
import { FilesPage } from "./FilesPage";
import { Nav } from "./Nav";
import { ObjectList } from "./ObjectList";
import { ObjectPage } from "./ObjectPage";
import { ReviewPage } from "./ReviewPage";
import "../../styles/admin.css";
import "../../styles/admin-form.css";

export function AdminPage() {
  const { stage } = useDesk();
  const user = stage.kind === "signedIn" ? stage.user.userName : "";
  const [admin] = useState(() => new Admin(user));
  useEffect(() => {
    admin.start();
    return () => admin.stop();
  }, [admin]);
  return (
    <AdminContext value={admin}>
      <Administration />
    </AdminContext>
  );
}

function Administration() {
  const { state } = useAdmin();
  const address = useAddress();
  const title = titleOf(address);
  useEffect(() => {
    document.title = `${title} · Cordboard`;
  }, [title]);
  useUnsaved(state.drafts.all.size > 0);
  return (
    <div className="admin">
      <header className="topbar">
        <Brand />
        <h1 className="page-title">Configuration</h1>
        <span className="link-state" role="status">
          <Dot tone={state.live === true ? "good" : state.live === false ? "bad" : "off"} />
          {state.site === null ? "Reading…" : `Version ${state.site.version}`}
          {state.live === false ? ", no live changes" : ""}
        </span>
        <UserMenu />
      </header>
      {state.refused ? (
        <main className="opening">
          <ShieldAlert size={32} aria-hidden />
          <h1>The configuration is for administrators</h1>
          <p>{state.problem}</p>
        </main>
      ) : (
        <div className="admin-body">
          <Nav address={address} />
          <main className="admin-main">
            <Messages />
            <Stage address={address} />
          </main>
        </div>
      )}
    </div>
  );
}

function Messages() {
  const { admin, state } = useAdmin();
  const { notice, done, problem } = state;
  return (
    <>
      {problem === null ? null : (
        <div className="problem admin-message" role="alert">
          {problem}
          <Button label="Try again" onClick={() => void admin.refresh()} />
        </div>
      )}
      <div role="status" aria-label="News" className="admin-news">
        {notice === null ? null : (
          <p className="admin-message notice">
            {noticeWords(notice)}
            <Button label="Close" tone="quiet"
              onClick={() => admin.store.dispatch({ type: "noticeRead" })} />
          </p>
        )}
        {done === null ? null : <p className="admin-message done">{done}</p>}
      </div>
    </>
  );
}

function Stage({ address }: { address: Address }) {
  switch (address.page) {
    case "list":
      return address.kind === "switch"
        ? <ObjectPage key="switch" kind="switch" objectKey={SWITCH_KEY}
            id={draftId("switch", SWITCH_KEY)} />
        : <ObjectList key={address.kind} kind={address.kind} query={address.query} />;
    case "object": {
      const id = draftId(address.kind, address.key);
      return <ObjectPage key={id} kind={address.kind} objectKey={address.key} id={id} />;
    }
    case "new": {
      const id = newId(address.kind, address.number);
      return <ObjectPage key={id} kind={address.kind} objectKey={null} id={id} />;
    }
    case "audit":
      return <AuditPage query={address.query} />;
    case "review":
      return <ReviewPage />;
    case "files":
      return <FilesPage />;
  }
}

/** Changes live in this page alone: leaving it asks first. */
function useUnsaved(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
}

function titleOf(address: Address): string {
  switch (address.page) {
    case "list":
      return factsOf(address.kind).many;
    case "object":
      return `${factsOf(address.kind).one} ${address.key}`;
    case "new":
      return `New ${factsOf(address.kind).one}`;
    case "audit":
      return "Who changed what";
    case "review":
      return "Unsaved changes";
    case "files":
      return "Import and export";
  }
}
