// Who is shown the way to the administration: apart, because every page's menu asks.

import type { User } from "../facts";

export function mayConfigure(user: User): boolean {
  return user.roles.includes("ROLE_ADMIN") || user.features.includes("configuration");
}
