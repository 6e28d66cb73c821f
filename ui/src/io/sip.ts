// How the softphone introduces itself to the registrar, and the registrar's refusals in words.

import { WebSocketInterface } from "jssip";
import type { UAConfiguration } from "jssip/lib/UA";
import type { PhoneSettings } from "../model/facts";
import { keep, kept } from "./keep";

const REGISTER_EXPIRES_SECONDS = 300;
const RECONNECT_SECONDS_MIN = 1;
const RECONNECT_SECONDS_MAX = 4;

export function configuration(settings: PhoneSettings): UAConfiguration {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const url = `${scheme}://${window.location.host}${settings.websocketPath}`;
  return {
    sockets: [new WebSocketInterface(url)],
    uri: settings.sipUri,
    authorization_user: settings.authorizationUser,
    password: settings.password,
    display_name: settings.displayName,
    instance_id: instanceId(),
    register: true,
    register_expires: REGISTER_EXPIRES_SECONDS,
    connection_recovery_min_interval: RECONNECT_SECONDS_MIN,
    connection_recovery_max_interval: RECONNECT_SECONDS_MAX,
    user_agent: "Cordboard softphone",
  };
}

/** The same browser stays the same SIP instance (RFC 5626), so a reload replaces its binding. */
function instanceId(): string {
  const known = kept("sipInstance");
  if (known !== null) return known;
  const fresh = `uuid:${randomUuid()}`;
  keep("sipInstance", fresh);
  return fresh;
}

/** `crypto.randomUUID` exists in secure contexts only; the phone must explain itself in others. */
function randomUuid(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function refusalWords(code: number, cause: string): string {
  switch (code) {
    case 404:
      return "This phone number is not configured. Ask your administrator.";
    case 403:
      return "The phone's password was refused. Ask your administrator.";
    case 0:
      return "The phone server did not answer. Trying again.";
    default:
      return `The phone server refused (${code} ${cause}). Trying again.`;
  }
}
