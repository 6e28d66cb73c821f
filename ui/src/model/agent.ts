// The agent's own state, which changes only when the server says so.

import type { AgentStatus, Device, Monitoring } from "./facts";

export interface AgentState {
  readonly status: AgentStatus;
  readonly reason: string | null;
  /** Local ms of the change; the server's push carries no start time. */
  readonly since: number;
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
