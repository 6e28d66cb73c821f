// Numbers as people read them.

/** 75 → "1:15"; 3675 → "1:01:15". Minutes are not padded: a calm number is easier to read. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** 9252 → "2h 34m 12s", as the monitoring page writes times. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor((whole % 86_400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (days > 0) parts.push(`${days}d`);
  if (days > 0 || hours > 0) parts.push(`${hours}h`);
  if (whole >= 60) parts.push(`${minutes}m`);
  parts.push(`${whole % 60}s`);
  return parts.join(" ");
}

/** North American numbers get their usual groups; everything else stays as dialled. */
export function phoneNumber(digits: string): string {
  const match = /^(?:\+?1)?(\d{3})(\d{3})(\d{4})$/.exec(digits);
  if (match === null) return digits;
  const [, area, exchange, line] = match;
  const country = digits.startsWith("+1") ? "+1 " : "";
  return `${country}${area}-${exchange}-${line}`;
}

/** "customer_id" → "Customer id": attached-data keys as labels. */
export function label(key: string): string {
  const words = key.replaceAll(/[_-]+/g, " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters.map((word) => word?.charAt(0).toUpperCase() ?? "").join("");
}

export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
