// The site's facts for the monitoring page and the queue panel.

import { flag, list, number, optionalNumber, record, text } from "../read";
import { decodeQueues } from "./queues";
import type { Queue } from "./queues";
import { decodeAgents, decodeCalls, decodeSkills } from "./rows";
import type { AgentRow, CallRow, SkillRow } from "./rows";

export interface Monitor {
  readonly gws: {
    readonly status: string;
    readonly uptimeSeconds: number;
    readonly port: number | null;
    readonly activeSessions: number;
    readonly cometdClients: number;
    readonly connections: readonly {
      readonly name: string;
      readonly connected: boolean;
      readonly address: string;
    }[];
  };
  readonly gateway: {
    readonly status: string;
    readonly registered: readonly { readonly dn: string; readonly user: string }[];
    readonly activeCalls: number;
    /** `up` is null for a trunk that is not probed. */
    readonly trunks: readonly { readonly name: string; readonly up: boolean | null }[];
  };
  readonly agents: {
    readonly ready: number;
    readonly notReady: number;
    readonly onCall: number;
    readonly afterCallWork: number;
    readonly loggedOut: number;
  };
  readonly lastHour: {
    readonly inbound: number;
    readonly outbound: number;
    readonly averageHandleSeconds: number;
    readonly abandoned: number;
    readonly abandonedPercent: number;
  };
  readonly queues: readonly Queue[];
  readonly serviceLevelSeconds: number;
  readonly skills: readonly SkillRow[];
  /** null: this person may not see them. */
  readonly agentRows: readonly AgentRow[] | null;
  readonly calls: readonly CallRow[] | null;
  /** What needs somebody's hand, the critical first. */
  readonly alarms: readonly Alarm[];
}

export interface Alarm {
  readonly name: string;
  readonly critical: boolean;
  readonly message: string;
  readonly sinceMs: number;
}

export function decodeMonitor(body: unknown): Monitor {
  const monitor = record(record(body)["monitor"]);
  const gws = record(monitor["gws"]);
  const gateway = record(monitor["gateway"]);
  const agents = record(monitor["agents"]);
  const hour = record(monitor["lastHour"]);
  return {
    gws: {
      status: text(gws["status"]) || "UNKNOWN",
      uptimeSeconds: number(gws["uptimeSeconds"]),
      port: optionalNumber(gws["port"]),
      activeSessions: number(gws["activeSessions"]),
      cometdClients: number(gws["cometdClients"]),
      connections: list(gws["connections"]).map((item) => ({
        name: text(record(item)["name"]),
        connected: flag(record(item)["connected"]),
        address: text(record(item)["address"]),
      })),
    },
    gateway: {
      status: text(gateway["status"]) || "UNKNOWN",
      registered: list(gateway["registered"]).map((item) => ({
        dn: text(record(item)["dn"]),
        user: text(record(item)["user"]),
      })),
      activeCalls: number(gateway["activeCalls"]),
      trunks: list(gateway["trunks"]).map((item) => {
        const { name, up } = record(item);
        return { name: text(name), up: typeof up === "boolean" ? up : null };
      }),
    },
    agents: {
      ready: number(agents["ready"]),
      notReady: number(agents["notReady"]),
      onCall: number(agents["onCall"]),
      afterCallWork: number(agents["afterCallWork"]),
      loggedOut: number(agents["loggedOut"]),
    },
    lastHour: {
      inbound: number(hour["inbound"]),
      outbound: number(hour["outbound"]),
      averageHandleSeconds: number(hour["averageHandleSeconds"]),
      abandoned: number(hour["abandoned"]),
      abandonedPercent: number(hour["abandonedPercent"]),
    },
    queues: decodeQueues(monitor["queues"]),
    serviceLevelSeconds: number(monitor["serviceLevelSeconds"]),
    skills: decodeSkills(monitor["skills"]),
    agentRows: monitor["agentRows"] === undefined ? null : decodeAgents(monitor["agentRows"]),
    calls: monitor["calls"] === undefined ? null : decodeCalls(monitor["calls"]),
    alarms: decodeAlarms(monitor["alarms"]),
  };
}

function decodeAlarms(value: unknown): readonly Alarm[] {
  const alarms = list(value).map((item): Alarm => {
    const alarm = record(item);
    return {
      name: text(alarm["name"]),
      critical: text(alarm["severity"]) !== "warning",
      message: text(alarm["message"]) || text(alarm["name"]),
      sinceMs: number(alarm["sinceMs"]),
    };
  });
  const rank = (alarm: Alarm) => (alarm.critical ? 0 : 1);
  return alarms.toSorted((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs);
}
