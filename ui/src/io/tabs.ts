// One phone per browser. The tab that holds the Web Lock has the phone; the others wait for the
// lock and hear over a BroadcastChannel what the phone is doing. A tab opened for the phone alone
// asks the desktop to step aside, which it does as soon as no call is up.

import type { PhoneSummary, Place } from "../model/phone";

const LOCK = "cordboard-phone";
const CHANNEL = "cordboard-phone";

type Word =
  | { readonly word: "want" }
  | { readonly word: "who" }
  | { readonly word: "owner"; readonly summary: PhoneSummary }
  | { readonly word: "mute"; readonly muted: boolean }
  | { readonly word: "dialling"; readonly expected: boolean }
  | { readonly word: "signedOut" };

export interface TabsListener {
  /** This tab has the phone from now on; it lets go by resolving the promise. */
  readonly onOwned: () => void;
  readonly onElsewhere: (summary: PhoneSummary) => void;
  /** Another tab wants the phone. */
  readonly onWanted: () => void;
  readonly onMute: (muted: boolean) => void;
  /** The agent dials: the next call to this phone is the agent's own, unless that was refused. */
  readonly onDialling: (expected: boolean) => void;
  readonly onSignedOut: () => void;
  readonly summary: () => PhoneSummary;
}

export interface Tabs {
  readonly want: () => void;
  readonly release: () => void;
  readonly announce: () => void;
  readonly mute: (muted: boolean) => void;
  readonly dialling: (expected: boolean) => void;
  readonly signedOut: () => void;
  readonly leave: () => void;
}

export function joinTabs(place: Place, listener: TabsListener): Tabs {
  const channel = new BroadcastChannel(CHANNEL);
  const leaving = new AbortController();
  let letGo: (() => void) | null = null;
  // Asked again at each word of the owner, who may have been in a call or quicker than our queue.
  let wanting = place === "phone";
  const say = (word: Word) => channel.postMessage(word);
  const announce = () => {
    if (letGo !== null) say({ word: "owner", summary: listener.summary() });
  };

  channel.addEventListener("message", (event: MessageEvent<Word>) => {
    const heard = event.data;
    switch (heard.word) {
      case "want":
        if (letGo !== null) listener.onWanted();
        break;
      case "who":
        announce();
        break;
      case "owner":
        if (letGo !== null) break;
        listener.onElsewhere(heard.summary);
        if (wanting) say({ word: "want" });
        break;
      case "mute":
        if (letGo !== null) listener.onMute(heard.muted);
        break;
      case "dialling":
        if (letGo !== null) listener.onDialling(heard.expected);
        break;
      case "signedOut":
        listener.onSignedOut();
        break;
    }
  });

  const own = () => {
    wanting = false;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    listener.onOwned();
    announce();
    return held;
  };
  const queue = () => {
    // Without Web Locks (an insecure page, which can't open the microphone either) nobody competes.
    if (!("locks" in navigator)) {
      void own();
      return;
    }
    void navigator.locks.request(LOCK, { signal: leaving.signal }, own).catch(() => undefined);
  };

  queue();
  say({ word: "who" });
  return {
    want: () => {
      wanting = true;
      say({ word: "want" });
    },
    release: () => {
      const release = letGo;
      letGo = null;
      release?.();
      queue();
    },
    announce,
    mute: (muted) => say({ word: "mute", muted }),
    dialling: (expected) => say({ word: "dialling", expected }),
    signedOut: () => say({ word: "signedOut" }),
    leave: () => {
      leaving.abort();
      letGo?.();
      letGo = null;
      channel.close();
    },
  };
}
