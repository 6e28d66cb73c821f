// A supervisor's monitoring as the device tells it.

import type { Monitoring, MonitorMode } from "./facts";
import { optionalText, record, text } from "./read";

export const MONITOR_MODES: readonly MonitorMode[] = ["ListenIn", "Coach", "BargeIn"];

export function decodeMonitoring(value: unknown): Monitoring | null {
  const monitoring = record(value);
  const state = text(monitoring["state"]);
  if (state === "" || state === "Off") return null;
  const uri = text(monitoring["targetDeviceUri"]).split("/").at(-1);
  const number = monitoring["phoneNumber"] ?? monitoring["targetPhoneNumber"];
  return {
    mode: modeOf(state) ?? modeOf(text(monitoring["mode"])),
    target: optionalText(number) ?? optionalText(uri),
  };
}

/** GWS names the operation; T-Library's MonitorMode says mute, coach and connect. */
function modeOf(word: string): MonitorMode | null {
  const lower = word.toLowerCase();
  if (lower.startsWith("listen") || lower === "mute") return "ListenIn";
  if (lower.startsWith("coach")) return "Coach";
  if (lower.startsWith("barge") || lower === "connect") return "BargeIn";
  return null;
}

export function monitoringWords(monitoring: Monitoring, name: string): string {
  switch (monitoring.mode) {
    case "ListenIn":
      return `Listening to ${name}`;
    case "Coach":
      return `Coaching ${name}`;
    case "BargeIn":
      return `In the call of ${name}`;
    case null:
      return `Monitoring ${name}`;
  }
}
