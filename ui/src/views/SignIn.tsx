// Sign-in: the one click that also opens the microphone and unlocks sound.

import { CircleAlert } from "lucide-react";
import { useState } from "react";
import type { FormEvent } from "react";
import { useSession } from "./context";
import { Brand, Button } from "./Controls";
import { InsecureNote } from "./Banners";
import { CordArt } from "./CordArt";

const WELCOME = {
  admin: { title: "Sign in to the configuration", text: "People, phones, routing and trunks." },
  call: { title: "Sign in to monitoring", text: "How a call went, and how it sounded." },
  desktop: { title: "Sign in", text: "Your calls, your customers and your phone in one place." },
  phone: { title: "Sign in to your phone", text: "The softphone alone, without the desktop." },
  monitor: { title: "Sign in to monitoring", text: "The site's state, live." },
  recordings: { title: "Sign in to recordings", text: "Recorded calls, found and heard again." },
  wallboard: {
    title: "Sign in to the wallboard",
    text: "Queues and agents, to be read from afar.",
  },
} as const;

export function SignIn({ message, busy }: { message: string | null; busy: boolean }) {
  const session = useSession();
  const [userName, setUserName] = useState("");
  const [password, setPassword] = useState("");
  const welcome = WELCOME[session.page];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) void session.signIn(userName.trim(), password);
  };
  return (
    <div className="signin">
      <main className="signin-form">
        <Brand />
        <h1>{welcome.title}</h1>
        <p className="muted">{welcome.text}</p>
        <InsecureNote />
        <form onSubmit={submit}>
          <label className="field">
            <span>User name</span>
            <input
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              // The page exists for this one form.
              // oxlint-disable-next-line jsx-a11y/no-autofocus
              autoFocus
              value={userName}
              onChange={(event) => setUserName(event.target.value)}
            />
          </label>
          <label className="field">
            <span>Password</span>
            <input
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          {message === null ? null : (
            <p className="form-error" role="alert">
              <CircleAlert size={16} aria-hidden />
              {message}
            </p>
          )}
          <Button label="Sign in" type="submit" tone="primary" large pending={busy} />
        </form>
        {session.page === "monitor" ? null : (
          <p className="muted small">
            Your browser will ask for the microphone. Allow it once and calls are answered without
            delay.
          </p>
        )}
      </main>
      <div className="signin-art" aria-hidden>
        <CordArt />
      </div>
    </div>
  );
}
