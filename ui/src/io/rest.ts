// The REST side of the server: one function per request, facts out, `RestError` when refused.

import type { CallOperation, Verb } from "../model/controls";
import { decodeCustomer, decodePhoneSettings, decodeSnapshot, featureIds } from "../model/decode";
import type { Colleague, Customer, MonitorMode, PhoneSettings, Snapshot, UserData,
} from "../model/facts";
import { decodeTrends } from "../model/monitor/trends";
import type { Trends } from "../model/monitor/trends";
import { decodeWhy } from "../model/monitor/why";
import type { Why } from "../model/monitor/why";
import { decodeColleagues } from "../model/people";
import { number, optionalText, record, text } from "../model/read";
import type { Json } from "../model/read";

const REQUEST_MS_MAX = 8000;
const NO_PERMISSION = 5;
const NOT_FOUND = 6;
const PARTIAL_SUCCESS = 7;
const NOT_AUTHENTICATED = 20;

/** A refused or failed request, in words for the person at the screen. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    readonly statusCode: number,
    message: string,
    readonly hint: string | null,
    /** All that the server said. */
    readonly body: Json = {},
  ) {
    super(message);
    this.name = "RestError";
  }

  get signedOut(): boolean {
    return this.status === 403 && this.statusCode === NOT_AUTHENTICATED;
  }

  get notFound(): boolean {
    return this.statusCode === NOT_FOUND || this.status === 404;
  }

  get notAllowed(): boolean {
    return this.statusCode === NO_PERMISSION;
  }

  /** The device has not registered yet (statusCode 7; older servers say it in words). */
  get phoneNotYet(): boolean {
    return this.statusCode === PARTIAL_SUCCESS || /not registered/i.test(this.message);
  }

  /** The request never reached the server, or no answer came back. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

/**
 * What every changing request must carry (GWS ties the token to the HTTP session). The
 * object stays the same one, so that the push client can hold on to it.
 */
export const csrfHeaders: Record<string, string> = {};

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** A file as it is, instead of JSON. */
export class FileBody {
  constructor(readonly content: string | Blob, readonly type: string) {}
}

export async function request(
  method: Method,
  path: string,
  body?: unknown,
  msMax = REQUEST_MS_MAX,
): Promise<unknown> {
  const sent = JSON.stringify(csrfHeaders);
  let response = await send(method, path, body, msMax);
  // A token that was renewed since (a new session, another tab) is sent once more.
  if (response.status === 403 && method !== "GET" && sent !== JSON.stringify(csrfHeaders)) {
    response = await send(method, path, body, msMax);
  }
  const answer: unknown = await response.json().catch(() => null);
  const envelope = record(answer);
  if (response.ok && number(envelope["statusCode"]) === 0) return answer;
  throw new RestError(
    response.status,
    number(envelope["statusCode"]),
    text(envelope["statusMessage"]) || `The server answered ${response.status}.`,
    optionalText(envelope["hint"]),
    envelope,
  );
}

async function send(
  method: Method,
  path: string,
  body: unknown,
  msMax: number,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") Object.assign(headers, csrfHeaders);
  const isFile = body instanceof FileBody;
  if (body !== undefined) headers["Content-Type"] = isFile ? body.type : "application/json";
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : isFile ? body.content : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(msMax),
    });
    keepCsrfToken(response.headers);
    return response;
  } catch {
    throw new RestError(0, 0, "The server cannot be reached.", "Check your network connection.");
  }
}

function keepCsrfToken(headers: Headers): void {
  const value = headers.get("X-CSRF-TOKEN");
  if (value !== null) csrfHeaders[headers.get("X-CSRF-HEADER") ?? "X-CSRF-TOKEN"] = value;
}

export async function signIn(username: string, password: string): Promise<void> {
  await request("POST", "/api/v2/login", { username, password });
}

export async function signOut(): Promise<void> {
  await request("POST", "/api/v2/logout", {});
}

export async function readMe(): Promise<Snapshot> {
  const parts = "features,devices,channels,calls,settings";
  return decodeSnapshot(await request("GET", `/api/v2/me?subresources=${parts}`));
}

export async function readPhoneSettings(): Promise<PhoneSettings> {
  return decodePhoneSettings(await request("GET", "/api/v2/me/settings/phone"));
}

export async function readFeatures(): Promise<readonly string[]> {
  return featureIds(record(await request("GET", "/api/v2/features?fields=*"))["features"]);
}

export async function readVersion(): Promise<string> {
  return text(record(await request("GET", "/api/v2/diagnostics/version"))["version"]);
}

/** As it came: there is much of it to understand. */
export async function readMonitor(details: boolean): Promise<unknown> {
  const query = details ? "?details=true" : "";
  return request("GET", `/api/v2/monitor${query}`);
}

/** What the router is asked about. */
export interface Subject {
  readonly kind: "agent" | "call";
  readonly id: string;
}

export async function readWhy({ kind, id }: Subject): Promise<Why> {
  const query = new URLSearchParams({ [kind]: id }).toString();
  return decodeWhy(await request("GET", `/api/v2/routing/explain?${query}`));
}

/** The site's course, or a queue's. */
export async function readTrends(queue: string): Promise<Trends> {
  const query = queue === "" ? "" : `?queue=${encodeURIComponent(queue)}`;
  return decodeTrends(await request("GET", `/api/v2/monitor/trends${query}`));
}

export async function readCustomer(callId: string): Promise<Customer | null> {
  try {
    return decodeCustomer(await request("GET", `${callPath(callId)}/customer`));
  } catch (error) {
    if (error instanceof RestError && error.notFound) return null;
    throw error;
  }
}

export async function startSession(): Promise<void> {
  await request("POST", "/api/v2/me", {
    operationName: "StartContactCenterSession",
    channels: ["voice"],
  });
}

export async function endSession(): Promise<void> {
  await request("POST", "/api/v2/me", { operationName: "EndContactCenterSession" });
}

export type WantedState = "Ready" | "NotReady" | "AfterCallWork";

/** After-call work for so many seconds from now on. */
export async function extendAfterCallWork(wrapUpTime: number): Promise<void> {
  await request("PUT", "/api/v2/me/state", { state: "AfterCallWork", wrapUpTime });
}

export async function setState(state: WantedState, reason: string | null): Promise<void> {
  const body = reason === null ? { state } : { state, reason };
  await request("PUT", "/api/v2/me/state", body);
}

export async function callAction(callId: string, action: Exclude<Verb, "userdata">): Promise<void> {
  await request("PUT", callPath(callId), { action });
}

/** What an operation needs besides its name. */
export interface Details {
  readonly destination?: { readonly phoneNumber: string };
  readonly digits?: string;
  readonly participant?: string;
  readonly type?: "conference" | "transfer";
}

export async function callOperation(
  callId: string,
  operationName: CallOperation,
  details: Details,
): Promise<void> {
  await request("POST", callPath(callId), { operationName, ...details });
}

export async function dial(deviceId: string, phoneNumber: string): Promise<void> {
  const body = { operationName: "Dial", destination: { phoneNumber } };
  await request("POST", `${devicePath(deviceId)}/calls`, body);
}

export type DeviceWish =
  | { readonly operationName: "DoNotDisturbOn" | "DoNotDisturbOff" | "ForwardCallsOff" }
  | {
      readonly operationName: "ForwardCallsOn";
      readonly destination: { readonly phoneNumber: string };
    }
  | { readonly operationName: MonitorMode; readonly phoneNumber: string }
  | { readonly operationName: "CancelSupervisorMonitoring" };

export async function deviceOperation(deviceId: string, wish: DeviceWish): Promise<void> {
  await request("POST", devicePath(deviceId), wish);
}

export async function findColleagues(typed: string): Promise<readonly Colleague[]> {
  const filter = new URLSearchParams({ type: "User" });
  if (typed.trim() !== "") {
    filter.set("filterName", "NamesOrPhoneNumberMatches");
    filter.set("filterParameters", typed.trim());
  }
  return decodeColleagues(await request("GET", `/api/v2/contacts?${filter.toString()}`));
}

export async function updateUserData(callId: string, userData: UserData): Promise<void> {
  await request("PUT", callPath(callId), { action: "userdata", userData });
}

export async function deleteUserData(callId: string, key: string): Promise<void> {
  await request("POST", callPath(callId), { operationName: "DeleteUserDataPair", key });
}

export async function callMeAsCustomer(): Promise<void> {
  await request("POST", "/api/demo/customer-call", { ani: "5551234567", dnis: "+18005551234" });
}

function callPath(callId: string): string {
  return `/api/v2/me/calls/${encodeURIComponent(callId)}`;
}

function devicePath(deviceId: string): string {
  return `/api/v2/me/devices/${encodeURIComponent(deviceId)}`;
}
