import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { exposeDiagnostics } from "./io/diagnostics";
import { DeskSession } from "./io/session";
import type { Page } from "./io/session";
import { App } from "./views/App";
import { applyTheme, chosenTheme } from "./views/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/desk.css";
import "./styles/idle.css";
import "./styles/calls.css";
import "./styles/tools.css";
import "./styles/recording.css";
import "./styles/dial.css";
import "./styles/details.css";
import "./styles/phone.css";
import "./styles/monitor.css";
import "./styles/monitor-tables.css";
import "./styles/call-page.css";
import "./styles/recordings.css";
import "./styles/player.css";
import "./styles/signin.css";
import "./styles/wallboard.css";

applyTheme(chosenTheme());

const session = new DeskSession(pageOf(window.location.pathname));
exposeDiagnostics(session);
void session.open();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);

function pageOf(path: string): Page {
  if (path.startsWith("/admin")) return "admin";
  if (path.startsWith("/phone")) return "phone";
  if (path.startsWith("/monitor/wallboard")) return "wallboard";
  if (path.startsWith("/monitor/calls/")) return "call";
  if (path.startsWith("/monitor")) return "monitor";
  if (path.startsWith("/recordings")) return "recordings";
  return "desktop";
}
