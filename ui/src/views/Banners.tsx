// Lasting conditions that the agent should know of, each with what to do about it.

import {
  BellOff, Lock, MicOff, PhoneForwarded, RefreshCw, Volume2, WifiOff,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";
import { useColleague } from "./people";

export function Banners() {
  const session = useSession();
  const { link, newVersion, phone, session: started, sessionProblem } = useDesk();
  return (
    <div className="banners">
      <InsecureNote />
      {link === "broken" ? (
        <Banner icon={WifiOff} tone="warn">
          <strong>Connection lost.</strong> Reconnecting. A call in progress keeps its sound.
        </Banner>
      ) : null}
      {started === "refused" ? (
        <Banner icon={Lock} tone="warn">
          <strong>You are not logged in to the phone system.</strong> {sessionProblem}
          <Button label="Log in again" onClick={() => void session.logInAgain()} />
        </Banner>
      ) : null}
      {phone.role === "owner" && window.isSecureContext ? <SoundBanners /> : null}
      {session.page === "desktop" ? <DeviceBanners /> : null}
      {newVersion ? (
        <Banner icon={RefreshCw} tone="info">
          <strong>A new version is ready.</strong> A call in progress survives the reload.
          <Button label="Reload" onClick={() => window.location.reload()} />
        </Banner>
      ) : null}
    </div>
  );
}

function DeviceBanners() {
  const { intents } = useSession();
  const { doNotDisturb, forwardTo, capabilities } = useDesk().agent;
  const colleague = useColleague(forwardTo);
  return (
    <>
      {doNotDisturb ? (
        <Banner icon={BellOff} tone="warn">
          <strong>Do not disturb is on.</strong> Calls don&rsquo;t ring here.
          {capabilities.includes("DoNotDisturbOff") ? (
            <Button label="Turn off"
              onClick={() => void intents.device({ operationName: "DoNotDisturbOff" })} />
          ) : null}
        </Banner>
      ) : null}
      {forwardTo === null ? null : (
        <Banner icon={PhoneForwarded} tone="warn">
          <strong>Your calls are forwarded to {colleague?.name ?? forwardTo}.</strong>
          {capabilities.includes("ForwardCallsOff") ? (
            <Button label="Stop forwarding"
              onClick={() => void intents.device({ operationName: "ForwardCallsOff" })} />
          ) : null}
        </Banner>
      )}
    </>
  );
}

function SoundBanners() {
  const { audio } = useSession().phone;
  const { phone } = useDesk();
  const { microphone } = phone;
  if (microphone === "denied") {
    return (
      <Banner icon={MicOff} tone="bad">
        <strong>The microphone is blocked: callers can&rsquo;t hear you.</strong> Allow it at the
        left end of the address bar.
        <Button label="Try again" onClick={() => audio.unlock()} />
      </Banner>
    );
  }
  if (microphone === "missing") {
    return (
      <Banner icon={MicOff} tone="bad">
        <strong>No microphone was found: callers can&rsquo;t hear you.</strong> Plug in your
        headset.
        <Button label="Try again" onClick={() => audio.unlock()} />
      </Banner>
    );
  }
  if (!phone.soundUnlocked && microphone === "open") {
    return (
      <Banner icon={Volume2} tone="warn">
        <strong>Sound is waiting for a click.</strong> Browsers stay silent until then.
        <Button label="Turn on sound" onClick={() => audio.unlock()} />
      </Banner>
    );
  }
  return null;
}

/** Without a secure context there is no microphone, and silence would be a riddle. */
export function InsecureNote() {
  if (window.isSecureContext) return null;
  const { hostname, port, pathname } = window.location;
  const secure = `https://${hostname}${port === "8080" ? ":8443" : ""}${pathname}`;
  return (
    <Banner icon={Lock} tone="bad">
      <strong>This page is not secure, so the browser won&rsquo;t open the microphone.</strong>{" "}
      Open <a href={secure}>{secure}</a> instead, or use localhost on the server itself.
    </Banner>
  );
}

function Banner({ icon: Icon, tone, children }: {
  icon: LucideIcon;
  tone: "info" | "warn" | "bad";
  children: ReactNode;
}) {
  return (
    <div className={`banner ${tone}`} role="status">
      <Icon size={16} aria-hidden />
      <div>{children}</div>
    </div>
  );
}
