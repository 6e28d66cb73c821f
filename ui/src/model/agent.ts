// The agent's own state, which changes only when the server says so.

import type { AgentStatus, Device, Monitoring } from "./facts";

export interface AgentState {
  readonly status: AgentStatus;
  readonly reason: string | null;
  /** Local ms of the change; the server's push carries no start time. */
  readonly since: number;
  /** Local ms when after-call work ends by itself; null: when the agent ends it. */
  readonly wrapUpEnds: number | null;
  readonly deviceId: string;
  readonly dn: string;
  readonly doNotDisturb: boolean;
  readonly forwardTo: string | null;
  /** What may be asked of the device: the names of its operations. */
  readonly capabilities: readonly string[];
  readonly monitoring: Monitoring | null;
  readonly inService: boolean;
  readonly stamp: number | null;
}

export const NO_AGENT: AgentState = {
  status: "LoggedOut",
  reason: null,
  since: 0,
  wrapUpEnds: null,
  deviceId: "",
  dn: "",
  doNotDisturb: false,
  forwardTo: null,
  capabilities: [],
  monitoring: null,
  inService: false,
  stamp: null,
};

export function applyDevices(
  state: AgentState,
  devices: readonly Device[],
  stamp: number | null,
  at: number,
): AgentState {
  const device = devices.find((item) => item.dn === state.dn) ?? devices[0];
  if (device === undefined) return state;
  if (stamp !== null && state.stamp !== null && stamp < state.stamp) return state;
  const same = device.status === state.status && device.reason === state.reason;
  return {
    status: device.status,
    reason: device.reason,
    since: same && state.since > 0 ? state.since : at,
    wrapUpEnds: localTime(device.wrapUpEndsAt, stamp, at),
    deviceId: device.id,
    dn: device.dn,
    doNotDisturb: device.doNotDisturb,
    forwardTo: device.forwardTo,
    capabilities: device.capabilities,
    monitoring: device.monitoring,
    inService: device.inService,
    stamp: stamp ?? state.stamp,
  };
}

/** The server's clock may differ from this one: what it stamped arrived about now. */
function localTime(serverMs: number | null, stamp: number | null, at: number): number | null {
  if (serverMs === null) return null;
  return stamp === null ? serverMs : serverMs - stamp + at;
}

export function agentLabel(agent: AgentState): string {
  switch (agent.status) {
    case "Ready":
      return "Ready";
    case "NotReady":
      return "Not ready";
    case "AfterCallWork":
      return "After-call work";
    case "LoggedIn":
      return "Logging in";
    case "LoggedOut":
      return "Logged out";
  }
}

/** The state as a screen reader hears it, once per change. */
export function agentSentence(agent: AgentState): string {
  const reason = agent.reason === null ? "" : `, ${agent.reason}`;
  return `Agent state: ${agentLabel(agent)}${reason}`;
}

/** The server takes no longer after-call work than this. */
const WRAP_UP_S_MAX = 8 * 3600;

/** What to ask for so that after-call work lasts longer by so many seconds, counted from now. */
export function extendedWrapUp(agent: AgentState, seconds: number, now: number): number | null {
  if (agent.status !== "AfterCallWork" || agent.wrapUpEnds === null) return null;
  const left = Math.max(0, (agent.wrapUpEnds - now) / 1000);
  return Math.min(WRAP_UP_S_MAX, Math.ceil(left) + seconds);
}

export function extensionVerb(seconds: number): string {
  return `AfterCallWork+${seconds}`;
}
