// The server's push: CometD over a WebSocket, long-polling when that is refused. Each (re)handshake
// subscribes anew and then says `onSubscribed`, because pushes between two sessions are gone and
// the reader has to fetch the state again.

import { CometD } from "cometd";
import { decodeCallPush, decodeDevicePush, decodeLevels } from "../model/decode";
import type { CallPush, DevicePush } from "../model/facts";
import type { Levels } from "../model/levels";
import { csrfHeaders } from "./rest";

const BACKOFF_STEP_MS = 500;
const BACKOFF_MS_MAX = 4000;

export interface PushListener extends LinkListener {
  readonly onCall: (push: CallPush) => void;
  readonly onDevices: (push: DevicePush) => void;
  readonly onLevels: (levels: Levels) => void;
}

export interface LinkListener {
  readonly onLink: (live: boolean) => void;
  readonly onSubscribed: () => void;
  readonly onRefused: () => void;
}

export interface Push {
  readonly stop: () => void;
}

/** The desktop's channels. */
export function openPush(listener: PushListener): Push {
  return openLink(listener, (cometd) => subscribe(cometd, listener));
}

/** One channel alone. */
export function openChannel(
  channel: string,
  listener: LinkListener,
  onData: (data: unknown) => void,
): Push {
  return openLink(listener, (cometd) => {
    cometd.subscribe(channel, (message) => onData(message.data), () => listener.onSubscribed());
  });
}

function openLink(listener: LinkListener, subscribeAll: (cometd: CometD) => void): Push {
  const cometd = new CometD();
  cometd.configure({
    url: `${window.location.origin}/notifications`,
    logLevel: "warn",
    requestHeaders: csrfHeaders,
    backoffIncrement: BACKOFF_STEP_MS,
    maxBackoff: BACKOFF_MS_MAX,
    // The worker would be a blob, which the page's content security policy refuses; a page with an
    // open microphone is not throttled in the background, so its own timers do.
    useWorkerScheduler: false,
  });
  let stopped = false;
  let live = false;
  const setLive = (now: boolean) => {
    if (live === now || stopped) return;
    live = now;
    listener.onLink(now);
  };

  cometd.addListener("/meta/handshake", (reply) => {
    if (stopped) return;
    if (reply.successful === true) subscribeAll(cometd);
    else listener.onRefused();
  });
  cometd.addListener("/meta/connect", (reply) => {
    if (stopped || cometd.isDisconnected()) return;
    setLive(reply.successful === true);
  });
  cometd.handshake();
  return {
    stop: () => {
      stopped = true;
      cometd.disconnect();
    },
  };
}

function subscribe(cometd: CometD, listener: PushListener): void {
  let open = 2;
  const subscribed = () => {
    open -= 1;
    if (open === 0) listener.onSubscribed();
  };
  cometd.batch(() => {
    cometd.subscribe(
      "/v2/me/calls",
      (message) => {
        const push = decodeCallPush(message.data);
        if (push !== null) listener.onCall(push);
      },
      subscribed,
    );
    cometd.subscribe(
      "/v2/me/devices",
      (message) => {
        const push = decodeDevicePush(message.data);
        if (push !== null) listener.onDevices(push);
      },
      subscribed,
    );
    cometd.subscribe("/v2/me/calls/levels", (message) => {
      listener.onLevels(decodeLevels(message.data));
    });
  });
}
