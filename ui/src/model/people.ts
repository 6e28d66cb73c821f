// The site's people, as `/api/v2/contacts` lists them.

import type { Colleague } from "./facts";
import { list, record, text } from "./read";

export function decodeColleagues(body: unknown): readonly Colleague[] {
  return list(record(body)["contacts"]).flatMap((value) => {
    const contact = record(value);
    const number = text(record(list(contact["phoneNumbers"])[0])["phoneNumber"]);
    if (number === "") return [];
    const name = text(contact["name"]) || text(contact["userName"]) || number;
    return [{ id: text(contact["id"]) || number, name, number }];
  });
}
