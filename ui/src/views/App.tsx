// Which page is drawn: opening, sign-in, or what the address asks for.

import * as Tooltip from "@radix-ui/react-tooltip";
import { Suspense, lazy } from "react";
import type { DeskSession } from "../io/session";
import { SessionContext, useDesk } from "./context";
import { Button } from "./Controls";
import { Desktop } from "./Desktop";
import { CallPage } from "./monitor/CallPage";
import { MonitorPage } from "./monitor/MonitorPage";
import { Wallboard } from "./monitor/Wallboard";
import { Notices } from "./Notices";
import { PhonePage } from "./PhonePage";
import { RecordingsPage } from "./RecordingsPage";
import { SignIn } from "./SignIn";

const TIP_DELAY_MS = 400;

/** Large, and of no use to agents: loaded when it is opened. */
const AdminPage = lazy(async () => ({
  default: (await import("./admin/AdminPage")).AdminPage,
}));

export function App({ session }: { session: DeskSession }) {
  return (
    <SessionContext value={session}>
      <Tooltip.Provider delayDuration={TIP_DELAY_MS}>
        <Stage session={session} />
        <Notices />
      </Tooltip.Provider>
    </SessionContext>
  );
}

function Stage({ session }: { session: DeskSession }) {
  const { stage } = useDesk();
  switch (stage.kind) {
    case "opening":
      return <Opening />;
    case "unreachable":
      return (
        <main className="opening">
          <h1>Cordboard can&rsquo;t be reached</h1>
          <p>{stage.message}</p>
          <Button label="Try again" tone="primary" onClick={() => void session.open()} />
        </main>
      );
    case "signedOut":
      return <SignIn message={stage.message} busy={stage.busy} />;
    case "signedIn":
      return <SignedIn session={session} />;
  }
}

function Opening() {
  return (
    <div className="opening" role="status">
      <span className="unseen">Opening Cordboard</span>
    </div>
  );
}

function SignedIn({ session }: { session: DeskSession }) {
  switch (session.page) {
    case "admin":
      return (
        <Suspense fallback={<Opening />}>
          <AdminPage />
        </Suspense>
      );
    case "call":
      return <CallPage id={decodeURIComponent(window.location.pathname.split("/").at(-1) ?? "")} />;
    case "desktop":
      return <Desktop />;
    case "phone":
      return <PhonePage />;
    case "monitor":
      return <MonitorPage />;
    case "recordings":
      return <RecordingsPage />;
    case "wallboard":
      return <Wallboard />;
  }
}
