// Small preferences that outlive the page. A browser that refuses storage just forgets them.

const PREFIX = "cordboard.";

export function kept(name: string): string | null {
  try {
    return window.localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    window.localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows may refuse; the preference then lasts as long as the page.
  }
}
