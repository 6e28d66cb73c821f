// From the server's JSON to facts: GWS v2 resources and CometD messages, plus the flat members that
// the server adds to them. Members that nobody asked for are ignored.

import type {
  AgentStatus, Call, CallPhase, CallPush, Contact, Customer, Device, DevicePush, PhoneSettings,
  Snapshot, User, UserData, UserValue,
} from "./facts";
import { RECORDING_STATES } from "./facts";
import type { Levels } from "./levels";
import { flag, list, number, optionalNumber, optionalText, record, text, texts } from "./read";
import type { Json } from "./read";
import { decodeMonitoring } from "./supervise";

const PHASES: readonly CallPhase[] = ["Dialing", "Ringing", "Established", "Held", "Released"];
const USER_DATA_DEPTH_MAX = 4;

export function decodeSnapshot(body: unknown): Snapshot {
  const user = record(record(body)["user"]);
  return {
    user: decodeUser(user),
    devices: list(user["devices"]).map(decodeDevice),
    calls: list(user["calls"])
      .map(decodeCallMember)
      .filter((push): push is CallPush => push !== null),
    stamp: stampOf(record(body)) ?? stampOf(user),
  };
}

function decodeUser(user: Json): User {
  const fullName = `${text(user["firstName"])} ${text(user["lastName"])}`.trim();
  return {
    id: text(user["id"]),
    userName: text(user["userName"]),
    fullName: fullName || text(user["userName"]),
    employeeId: text(user["employeeId"]),
    roles: texts(user["roles"]),
    features: featureIds(user["features"]),
    skills: list(user["skills"]).map((skill) => ({
      name: text(record(skill)["name"]),
      level: number(record(skill)["level"]),
    })),
  };
}

/** Features come as objects with an id; bare words are read as well. */
export function featureIds(value: unknown): readonly string[] {
  return list(value)
    .map((item) => (typeof item === "string" ? item : text(record(item)["id"])))
    .filter((id) => id !== "");
}

export function decodeDevice(value: unknown): Device {
  const device = record(value);
  const userState = record(device["userState"]);
  return {
    id: text(device["id"]),
    dn: text(device["phoneNumber"]) || text(device["e164Number"]),
    inService: text(device["deviceState"]) !== "Inactive",
    status: agentStatus(userState),
    reason: optionalText(userState["reason"]),
    wrapUpEndsAt: optionalNumber(userState["wrapUpEndsAt"]),
    doNotDisturb: flag(device["doNotDisturb"]),
    forwardTo: optionalText(device["forwardTo"]),
    capabilities: texts(device["capabilities"]),
    monitoring: decodeMonitoring(device["supervisorMonitoringState"]),
  };
}

function agentStatus(userState: Json): AgentStatus {
  const state = text(userState["state"]);
  const workMode = text(userState["workMode"]);
  if (workMode === "AfterCallWork" || state === "AfterCallWork") return "AfterCallWork";
  switch (state) {
    case "Ready":
      return "Ready";
    case "NotReady":
    case "AuxWork":
      return "NotReady";
    case "LoggedIn":
      return "LoggedIn";
    default:
      return "LoggedOut";
  }
}

/** A `/v2/me/calls` message; null when it tells nothing about a call. */
export function decodeCallPush(data: unknown): CallPush | null {
  const message = record(data);
  const call = decodeCall({ ...message, ...record(message["call"]) });
  if (call === null) return null;
  const extensions = record(message["extensions"]);
  return {
    call,
    stamp: stampOf(message),
    noAnswerSeconds: optionalNumber(extensions["NO_ANSWER_TIMEOUT"]),
    wrapUpSeconds: optionalNumber(extensions["WrapUpTime"]),
  };
}

/** A `/v2/me/calls/levels` message. */
export function decodeLevels(data: unknown): Levels {
  const message = record(data);
  const parties = list(message["participants"]).map(record);
  const levels = parties.map((party): [string, number] => {
    return [text(party["phoneNumber"]), number(party["level"])];
  });
  return { callId: text(message["callId"]), of: Object.fromEntries(levels) };
}

function decodeCallMember(value: unknown): CallPush | null {
  return decodeCallPush({ call: value, extensions: record(value)["extensions"] });
}

function decodeCall(raw: Json): Call | null {
  const id = text(raw["id"]) || text(raw["callUuid"]) || text(raw["callId"]);
  const phase = PHASES.find((name) => name === text(raw["state"]));
  if (id === "" || phase === undefined) return null;
  return {
    id,
    callUuid: text(raw["callUuid"]) || id,
    phase,
    callType: text(raw["callType"]),
    ani: optionalText(raw["ani"]),
    dnis: optionalText(raw["dnis"]),
    parties: list(raw["participants"])
      .map((party) => record(party))
      .map((party) => text(party["formattedPhoneNumber"]) || text(party["phoneNumber"]))
      .filter((party) => party !== ""),
    capabilities: texts(raw["capabilities"]),
    userData: decodeUserData(raw["userData"], 0),
    durationSeconds: number(raw["duration"]),
    muted: flag(raw["mute"]),
    failure: optionalText(raw["failure"]),
    parentId: lastSegment(raw["parentCallUri"]),
    consultId: lastSegment(raw["consultCallUri"]),
    supervised: flag(raw["supervisorListeningIn"]),
    monitoring: flag(raw["monitoring"]),
    recording: RECORDING_STATES.find((name) => name === text(raw["recordingState"])) ?? null,
  };
}

/** Resources name each other by address; the id is its last part. */
function lastSegment(uri: unknown): string | null {
  return optionalText(text(uri).split("/").at(-1));
}

function decodeUserData(value: unknown, depth: number): UserData {
  const pairs: [string, UserValue][] = Object.entries(record(value)).map(([key, item]) => {
    const nested = typeof item === "object" && item !== null && depth < USER_DATA_DEPTH_MAX;
    return [key, nested ? decodeUserData(item, depth + 1) : text(item)];
  });
  return Object.fromEntries(pairs);
}

/** A `/v2/me/devices` message: the devices' new facts, or words about what went wrong. */
export function decodeDevicePush(data: unknown): DevicePush | null {
  const message = record(data);
  if (text(message["messageType"]) === "ErrorMessage") {
    const words = text(message["errorMessage"]) || text(message["statusMessage"]);
    return { kind: "error", message: words || "The phone system reported an error." };
  }
  const devices = list(message["devices"]).map(decodeDevice);
  return devices.length === 0 ? null : { kind: "devices", devices, stamp: stampOf(message) };
}

function stampOf(message: Json): number | null {
  const processing = record(record(message["metrics"])["eventProcessing"]);
  return (
    optionalNumber(processing["serverGenerationTimestamp"]) ??
    optionalNumber(message["serverGenerationTimestamp"])
  );
}

export function decodeCustomer(body: unknown): Customer {
  const customer = record(record(body)["customer"]);
  return {
    customerId: text(customer["customerId"]),
    name: text(customer["name"]),
    accountType: text(customer["accountType"]),
    phoneNumber: text(customer["phoneNumber"]),
    reason: text(customer["reason"]),
    contacts: list(customer["contacts"]).map(decodeContact),
  };
}

function decodeContact(value: unknown): Contact {
  const contact = record(value);
  return {
    at: text(contact["at"]),
    channel: text(contact["channel"]),
    subject: text(contact["subject"]),
    agent: text(contact["agent"]),
    outcome: text(contact["outcome"]),
  };
}

export function decodePhoneSettings(body: unknown): PhoneSettings {
  const phone = record(record(body)["phone"]);
  const dn = text(phone["dn"]);
  return {
    dn,
    sipUri: text(phone["sipUri"]) || `sip:${dn}@cordboard`,
    authorizationUser: text(phone["authorizationUser"]) || dn,
    password: text(phone["password"]),
    websocketPath: text(phone["websocketPath"]) || "/ws",
    iceServers: list(phone["iceServers"]).map(decodeIceServer),
    displayName: text(phone["displayName"]),
  };
}

function decodeIceServer(value: unknown): RTCIceServer {
  const server = record(value);
  const urls = server["urls"];
  return {
    urls: typeof urls === "string" ? urls : [...texts(urls)],
    username: text(server["username"]),
    credential: text(server["credential"]),
  };
}
