// One administrator at work: what the site is, what is being changed, and saving it.

import { editsOf } from "../model/admin/drafts";
import type { Draft, DraftEvent } from "../model/admin/drafts";
import { decodeNotice, decodeProblems } from "../model/admin/decode";
import type { Change, ChangeNotice } from "../model/admin/decode";
import { same } from "../model/admin/json";
import type { Problem } from "../model/admin/problems";
import { readProblem } from "../model/admin/problems";
import { NOTHING_KNOWN, adminReducer, isOwnFile, touched } from "../model/admin/state";
import type { AdminEvent, AdminState } from "../model/admin/state";
import { createStore } from "../model/store";
import type { Store } from "../model/store";
import { text } from "../model/read";
import { openChannel } from "./bayeux";
import type { Push } from "./bayeux";
import * as server from "./configuration";
import { RestError } from "./rest";

export type Outcome =
  | { readonly kind: "planned"; readonly changes: readonly Change[] }
  | { readonly kind: "saved" }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] }
  /** Somebody else changed some of these; the drafts say which. */
  | { readonly kind: "conflict" };

/** A change on an old version is tried again when nobody touched what it is about. */
const TRIES_MAX = 5;

export class Admin {
  readonly store: Store<AdminState, AdminEvent> = createStore(adminReducer, NOTHING_KNOWN);
  private push: Push | null = null;

  constructor(private readonly userName: string) {}

  start(): void {
    void this.refresh();
    const listener = {
      onLink: (live: boolean) => this.store.dispatch({ type: "link", live }),
      onSubscribed: () => void this.refresh(),
      onRefused: () => this.store.dispatch({ type: "link", live: false }),
    };
    this.push ??= openChannel("/v2/configuration", listener, (data) => {
      void this.onNotice(decodeNotice(data));
    });
  }

  stop(): void {
    this.push?.stop();
    this.push = null;
  }

  draft(event: DraftEvent): void {
    this.store.dispatch({ type: "draft", event });
  }

  async refresh(): Promise<void> {
    try {
      this.store.dispatch({ type: "siteRead", site: await server.readSite() });
    } catch (error) {
      const refused = error instanceof RestError && (error.notAllowed || error.notFound);
      this.store.dispatch({ type: "failed", problem: words(error), refused });
    }
  }

  private async onNotice(notice: ChangeNotice): Promise<void> {
    await this.refresh();
    if (notice.who === this.userName) return;
    if (!isOwnFile(notice, this.userName)) this.store.dispatch({ type: "noticed", notice });
    await this.compare(touched(this.store.state().drafts, notice)).catch(() => false);
  }

  /** Looks whether somebody changed what these drafts began with. */
  private async compare(drafts: readonly Draft[]): Promise<boolean> {
    let found = false;
    for (const { id, kind, key, base } of drafts) {
      if (key.trim() === "") continue;
      // One after another: a handful at most, and each answer changes what is shown.
      // oxlint-disable-next-line no-await-in-loop
      const theirs = await server.readObject(kind, key.trim());
      if (same(base, theirs)) continue;
      found = true;
      this.draft({ type: "foundChanged", id, theirs });
    }
    return found;
  }

  async plan(drafts: readonly Draft[]): Promise<Outcome> {
    return this.send(drafts, true);
  }

  async save(drafts: readonly Draft[]): Promise<Outcome> {
    const outcome = await this.send(drafts, false);
    if (outcome.kind === "saved") void this.refresh();
    return outcome;
  }

  private async send(drafts: readonly Draft[], plan: boolean): Promise<Outcome> {
    const outcome = await this.tried(drafts, plan).catch((error: unknown): Outcome => {
      return { kind: "problems", problems: [readProblem(words(error))] };
    });
    const wrong = outcome.kind === "problems" ? outcome.problems : [];
    this.store.dispatch({ type: "judged", wrong });
    return outcome;
  }

  private async tried(drafts: readonly Draft[], plan: boolean): Promise<Outcome> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      try {
        // Each try waits for what came of the one before.
        // oxlint-disable-next-line no-await-in-loop
        return await this.sendOnce(drafts, plan);
      } catch (error) {
        if (!(error instanceof RestError)) throw error;
        if (!isConflict(error)) return { kind: "problems", problems: problemsOf(error) };
        // oxlint-disable-next-line no-await-in-loop
        if (await this.compare(drafts)) return { kind: "conflict" };
        // oxlint-disable-next-line no-await-in-loop
        await this.refresh();
      }
    }
    const busy = "Others are changing the site at this moment. Try again.";
    return { kind: "problems", problems: [readProblem(busy)] };
  }

  private async sendOnce(drafts: readonly Draft[], plan: boolean): Promise<Outcome> {
    const version = this.store.state().site?.version ?? 0;
    const { changes, version: next } = await server.change(version, editsOf(drafts), plan);
    if (plan) return { kind: "planned", changes };
    this.store.dispatch({ type: "saved", ids: drafts.map(({ id }) => id), version: next });
    return { kind: "saved" };
  }

  /** Begins or goes on with changing an object that is there. */
  edit(draft: Pick<Draft, "kind" | "key">, base: Draft["base"], object: Draft["object"]): void {
    if (base !== null) this.draft({ type: "edited", ...draft, base, object });
  }

  tell(done: string | null): void {
    this.store.dispatch({ type: "done", words: done });
  }
}

function isConflict(error: RestError): boolean {
  return error.status === 409 || text(error.body["errorCode"]) === "configuration_changed";
}

export function problemsOf(error: RestError): readonly Problem[] {
  const told = decodeProblems(error.body);
  return told.length > 0 ? told : [readProblem(error.message)];
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : "No answer.";
}
