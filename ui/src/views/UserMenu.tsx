// Who is signed in, how the page looks, the other pages, and the way out.

import * as Menu from "@radix-ui/react-dropdown-menu";
import {
  Activity, AudioLines, Check, LogOut, Moon, PhoneCall, Settings2, Sun, SunMoon,
} from "lucide-react";
import { useState } from "react";
import { mayConfigure } from "../model/admin/may";
import { initials } from "../model/format";
import { mayHear } from "../model/recordings";
import { useDesk, useSession } from "./context";
import { DeviceMenuItems, ForwardDialog } from "./DeviceMenu";
import { THEMES, chooseTheme, chosenTheme } from "./theme";
import type { Theme } from "./theme";

const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};
const THEME_ICONS = { system: SunMoon, light: Sun, dark: Moon } as const;

export function UserMenu() {
  const session = useSession();
  const { stage, calls, phone } = useDesk();
  const [theme, setTheme] = useState(chosenTheme());
  const [forwards, setForwards] = useState(false);
  if (stage.kind !== "signedIn") return null;
  const { user } = stage;
  const inCall = calls.live.length > 0 || phone.call !== null;
  const choose = (next: Theme) => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <>
      {forwards ? <ForwardDialog onClose={() => setForwards(false)} /> : null}
      <Menu.Root modal={false}>
        <Menu.Trigger className="avatar-button" aria-label={`Account of ${user.fullName}`}>
          {initials(user.fullName) || "?"}
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Content className="menu" align="end" sideOffset={8} collisionPadding={8}>
            <div className="menu-person">
              <strong>{user.fullName}</strong>
              <span className="muted">{user.userName}</span>
              {user.skills.length === 0 ? null : (
                <span className="muted small">
                  {user.skills.map((skill) => `${skill.name} ${skill.level}`).join(" · ")}
                </span>
              )}
            </div>
            <Menu.Separator className="menu-line" />
            {session.page === "desktop" ? (
              <DeviceMenuItems onForward={() => setForwards(true)} />
            ) : null}
            <Menu.RadioGroup value={theme}>
              {THEMES.map((name) => {
                const Icon = THEME_ICONS[name];
                return (
                  <Menu.RadioItem key={name} value={name} className="menu-item"
                    onSelect={() => choose(name)}>
                    <Icon size={15} aria-hidden />
                    {THEME_WORDS[name]}
                    <Menu.ItemIndicator className="menu-check">
                      <Check size={15} aria-hidden />
                    </Menu.ItemIndicator>
                  </Menu.RadioItem>
                );
              })}
            </Menu.RadioGroup>
            <Menu.Separator className="menu-line" />
            {session.page === "admin" || !mayConfigure(user) ? null : (
              <Menu.Item className="menu-item" asChild>
                <a href="/admin" target="_blank" rel="noreferrer">
                  <Settings2 size={15} aria-hidden /> Configuration
                </a>
              </Menu.Item>
            )}
            {session.page === "monitor" ? null : (
              <Menu.Item className="menu-item" asChild>
                <a href="/monitor" target="_blank" rel="noreferrer">
                  <Activity size={15} aria-hidden /> Monitoring
                </a>
              </Menu.Item>
            )}
            {session.page === "recordings" || !mayHear(user) ? null : (
              <Menu.Item className="menu-item" asChild>
                <a href="/recordings" target="_blank" rel="noreferrer">
                  <AudioLines size={15} aria-hidden /> Recordings
                </a>
              </Menu.Item>
            )}
            {session.page === "phone" ? null : (
              <Menu.Item className="menu-item" asChild>
                <a href="/phone" target="_blank" rel="noreferrer">
                  <PhoneCall size={15} aria-hidden /> Phone in its own tab
                </a>
              </Menu.Item>
            )}
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" disabled={inCall}
              onSelect={() => void session.signOut()}>
              <LogOut size={15} aria-hidden />
              {inCall ? "Sign out (after the call)" : "Sign out"}
            </Menu.Item>
          </Menu.Content>
        </Menu.Portal>
      </Menu.Root>
    </>
  );
}
