// Short messages to the agent: what failed and what to do about it.

export interface Notice {
  readonly id: number;
  readonly tone: "error" | "info";
  readonly title: string;
  readonly hint: string | null;
}

export interface NoticesState {
  readonly shown: readonly Notice[];
  readonly lastId: number;
}

export const NO_NOTICES: NoticesState = { shown: [], lastId: 0 };

const SHOWN_MAX = 4;

export function addNotice(
  state: NoticesState,
  tone: Notice["tone"],
  title: string,
  hint: string | null,
): NoticesState {
  if (state.shown.some((notice) => notice.title === title)) return state;
  const id = state.lastId + 1;
  return { lastId: id, shown: [...state.shown, { id, tone, title, hint }].slice(-SHOWN_MAX) };
}

export function dismissNotice(state: NoticesState, id: number): NoticesState {
  return { ...state, shown: state.shown.filter((notice) => notice.id !== id) };
}
