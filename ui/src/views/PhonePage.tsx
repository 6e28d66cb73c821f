// The softphone alone: the seed's second tab.

import { useEffect } from "react";
import { Banners } from "./Banners";
import { useDesk, useSession } from "./context";
import { Brand } from "./Controls";
import { PhonePanel } from "./PhonePanel";
import { useShortcuts } from "./shortcuts";
import { UserMenu } from "./UserMenu";

export function PhonePage() {
  const { phone: softphone } = useSession();
  const { phone, stage, phoneless } = useDesk();
  useShortcuts((shortcut) => {
    const { call } = phone;
    if (call === null || phone.role !== "owner") return;
    if (shortcut === "answer" && call.phase === "ringing") void softphone.answer();
    if (shortcut === "reject" && call.phase === "ringing") softphone.hangUp();
    if (shortcut === "release" && call.phase !== "ringing") softphone.hangUp();
    if (shortcut === "mute") softphone.mute(!call.muted);
  });
  const rings = phone.call?.phase === "ringing" && !phone.call.own;
  const words =
    rings ? `☎ ${phone.call?.from} · Phone` : "Phone · Cordboard";
  useEffect(() => {
    document.title = words;
  }, [words]);
  return (
    <div className="phone-page">
      <header className="topbar">
        <Brand />
        <span className="muted">{stage.kind === "signedIn" ? stage.user.fullName : ""}</span>
        <UserMenu />
      </header>
      <Banners />
      <main>
        {phoneless ? <p>This account has no phone.</p> : <PhonePanel />}
      </main>
      <div className="unseen" role="alert">
        {rings ? `Incoming call from ${phone.call?.from}` : ""}
      </div>
    </div>
  );
}
