// The small parts that every view is made of.

import * as Tooltip from "@radix-ui/react-tooltip";
import { LoaderCircle } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { clock } from "../model/format";
import { useNow } from "./now";
import { SHORTCUTS } from "./shortcuts";
import type { Shortcut } from "./shortcuts";

export function Tip({ text, keys, children }: {
  text: string;
  keys?: string | undefined;
  children: ReactElement;
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tip" sideOffset={6} collisionPadding={8}>
          {text}
          {keys === undefined ? null : <kbd>{keys}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export type Tone = "primary" | "good" | "danger" | "plain" | "quiet";

export function Button({
  label, icon: Icon, tone = "plain", large, shortcut, tip, pending, disabled, pressed, iconOnly,
  className, type = "button", onClick,
}: {
  label: string;
  icon?: LucideIcon;
  tone?: Tone;
  large?: boolean;
  shortcut?: Shortcut;
  tip?: string;
  pending?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  iconOnly?: boolean;
  className?: string;
  type?: "button" | "submit";
  onClick?: () => void;
}) {
  const keys = shortcut === undefined ? undefined : SHORTCUTS[shortcut].label;
  const shape = `${large === true ? " large" : ""}${iconOnly === true ? " icon-only" : ""}`;
  const size = large === true ? 20 : 16;
  const button = (
    <button
      type={type}
      className={`button ${tone}${shape} ${className ?? ""}`}
      disabled={disabled === true}
      aria-busy={pending === true}
      aria-label={iconOnly === true ? label : undefined}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      onClick={() => {
        if (pending !== true) onClick?.();
      }}
    >
      {pending === true ? (
        <LoaderCircle className="spin" size={size} aria-hidden />
      ) : (
        Icon !== undefined && <Icon size={size} aria-hidden />
      )}
      {iconOnly === true ? null : <span>{label}</span>}
    </button>
  );
  if (keys === undefined && tip === undefined && iconOnly !== true) return button;
  return (
    <Tip text={tip ?? label} keys={keys}>
      {button}
    </Tip>
  );
}

/** Time since a moment, ticking. Screen readers may ask for it but are not interrupted by it. */
export function Timer({ since, label, className }: {
  since: number;
  label: string;
  className?: string;
}) {
  const now = useNow();
  return (
    <span role="timer" className={`timer ${className ?? ""}`}>
      <span className="unseen">{label} </span>
      {clock((now - since) / 1000)}
    </span>
  );
}

export function Card({ title, icon: Icon, aside, className, children }: {
  title: string;
  icon?: LucideIcon;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section className={`card ${className ?? ""}`} aria-label={title}>
      <header className="card-head">
        <h2>
          {Icon === undefined ? null : <Icon size={15} aria-hidden />}
          {title}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function Badge({ tone, children }: { tone?: string; children: ReactNode }) {
  return <span className={`badge ${tone ?? ""}`}>{children}</span>;
}

export function Dot({ tone }: { tone: "good" | "warn" | "bad" | "off" | "work" | "busy" }) {
  return <span className={`dot ${tone}`} aria-hidden />;
}

export function Brand() {
  return (
    <span className="brand">
      <img src="/icon.svg" alt="" width={26} height={26} />
      Cordboard
    </span>
  );
}
