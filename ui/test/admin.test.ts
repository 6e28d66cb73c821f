import { describe, expect, it } from "vitest";
import { readAddress, writeAddress } from "../src/model/admin/address";
import type { Address } from "../src/model/admin/address";
import { decodeChanged, decodeNotice, decodeSite } from "../src/model/admin/decode";
import {
  NO_DRAFTS, beginning, draftsReducer, editsOf, newId, obstacles,
} from "../src/model/admin/drafts";
import type { Draft, DraftEvent, Drafts } from "../src/model/admin/drafts";
import { blankCase, caseOf } from "../src/model/admin/fields";
import { FORMS } from "../src/model/admin/forms";
import { moved, renamed, same, valueAt, withValue } from "../src/model/admin/json";
import { KINDS, factsOf, kindOf, words } from "../src/model/admin/kinds";
import { disagreements, merged, proposed } from "../src/model/admin/merge";
import { isAbout, isAt, readProblem } from "../src/model/admin/problems";
import { NOTHING_KNOWN, adminReducer, noticeWords, touched } from "../src/model/admin/state";
import { STEPS, TARGETS } from "../src/model/admin/steps";

const ADA = { first_name: "Ada", skills: { Support: 3 }, place: "5001", wrap_up_s: 20 };

function after(...events: readonly DraftEvent[]): Drafts {
  return events.reduce(draftsReducer, NO_DRAFTS);
}

function edited(object: Draft["object"]): DraftEvent {
  return { type: "edited", kind: "persons", key: "agent5001", base: ADA, object };
}

describe("drafts", () => {
  it("stay beside each other and are sent as one change", () => {
    const phone = beginning("dns", null);
    const drafts = after(
      edited({ ...ADA, wrap_up_s: 30 }),
      { type: "begun", kind: "dns", key: "", object: phone },
      { type: "rewritten", id: newId("dns", 1), key: " 5030 ", object: phone },
      { type: "edited", kind: "skills", key: "Old", base: { description: "" }, object: null },
    );
    expect(editsOf([...drafts.all.values()])).toEqual([
      { put: { kind: "persons", key: "agent5001", object: { ...ADA, wrap_up_s: 30 } } },
      { put: { kind: "dns", key: "5030", object: phone } },
      { delete: { kind: "skills", key: "Old" } },
    ]);
  });

  it("are gone when everything is typed back to what it was", () => {
    expect(after(edited({ ...ADA, place: "5002" }), edited({ ...ADA })).all.size).toBe(0);
    expect(after(edited({ ...ADA, place: null }), edited(ADA)).all.size).toBe(0);
    expect(after(edited(null)).all.size).toBe(1);
  });

  it("keep what editing began with, however often the object is read again", () => {
    const later = { ...ADA, first_name: "Adele" };
    const again: DraftEvent = {
      type: "edited", kind: "persons", key: "agent5001", base: later, object: later,
    };
    const [draft] = after(edited({ ...ADA, place: "5002" }), again).all.values();
    expect(draft?.base).toBe(ADA);
  });

  it("can't be saved without a name, or before a conflict is settled", () => {
    const nameless = after({ type: "begun", kind: "places", key: " ", object: { dns: [] } });
    expect(obstacles([...nameless.all.values()])).toEqual(["A new Place has no name yet."]);
    const id = "persons/agent5001";
    const drafts = after(
      edited({ ...ADA, place: "5002" }),
      { type: "foundChanged", id, theirs: { ...ADA, first_name: "Adele" } },
    );
    expect(obstacles([...drafts.all.values()])[0]).toMatch(/Person agent5001 was changed/);
    const settled = draftsReducer(drafts, {
      type: "settled", id, base: { ...ADA, first_name: "Adele" },
      object: { ...ADA, first_name: "Adele", place: "5002" },
    });
    expect(obstacles([...settled.all.values()])).toEqual([]);
    const theirs = draftsReducer(drafts, { type: "settled", id, base: ADA, object: ADA });
    expect(theirs.all.size).toBe(0);
  });

  it("copy all but what is one person's own", () => {
    const copy = beginning("persons", { ...ADA, employee_id: "5001", password_hash: "$argon2id" });
    expect(copy).toMatchObject({ first_name: "Ada", place: null, employee_id: "" });
    expect(copy["password_hash"]).toBeUndefined();
  });
});

describe("two versions of one object", () => {
  const draft: Draft = {
    id: "persons/agent5001", kind: "persons", key: "agent5001", base: ADA,
    object: { ...ADA, place: "5002", first_name: "Eda" },
    theirs: { ...ADA, wrap_up_s: 60, first_name: "Adele" },
  };

  it("are told field by field, with who changed it", () => {
    const found = disagreements(draft);
    expect(found.map(({ field, by }) => [field, by])).toEqual([
      ["first_name", "both"], ["place", "you"], ["wrap_up_s", "them"],
    ]);
    expect(found[1]).toMatchObject({ label: "Place", yours: "5002", theirs: "5001" });
  });

  it("become one when every field that both changed is decided", () => {
    const found = disagreements(draft);
    const chosen = proposed(found);
    expect(merged(draft, found, chosen)).toBeNull();
    expect(merged(draft, found, { ...chosen, first_name: "theirs" }))
      .toEqual({ ...ADA, first_name: "Adele", place: "5002", wrap_up_s: 60 });
  });
});

describe("what the server finds wrong", () => {
  it("is read with its object and field, in both ways of writing", () => {
    const texts = [
      "Person agent5001, place: there is no place 50011; perhaps `5001` is meant.",
      "persons.agent5001.place: there is no place 50011; perhaps `5001` is meant.",
    ];
    for (const text of texts) {
      const problem = readProblem(text);
      expect(isAbout(problem, "persons", "agent5001")).toBe(true);
      expect(isAt(problem, "place", [])).toBe(true);
      expect(problem.message).toBe("there is no place 50011; perhaps `5001` is meant.");
    }
  });

  it("is found of every kind of object", () => {
    const place = (text: string) => {
      const { kind, key, field } = readProblem(text);
      return [kind, key, field];
    };
    expect(place("Route point 5950, dnis: 5001 is a DN itself."))
      .toEqual(["dns", "5950", "dnis"]);
    expect(place("DN `a b`: numbers consist of letters.")).toEqual(["dns", "a b", ""]);
    expect(place("Agent group Experts, skills: `x`, at character 1: no."))
      .toEqual(["agent_groups", "Experts", "skills"]);
    expect(place("Switch, domain: name the SIP domain.")).toEqual(["switch", "switch", "domain"]);
    expect(place("Trunk pstn, options TServer/prefix: `a`, but it takes digits."))
      .toEqual(["trunks", "pstn", "options TServer/prefix"]);
    expect(place("strategies.Support.steps[0].branch.when: no."))
      .toEqual(["strategies", "Support", "steps"]);
    expect(place("DN 5001: it can't be deleted while place 5001 (dns) use it; change that first."))
      .toEqual(["dns", "5001", ""]);
    expect(place("30000 edits at once; at most 20000 are taken.")).toEqual([null, "", ""]);
  });

  it("is at the field that holds it", () => {
    const problem = readProblem("Trunk pstn, options TServer/prefix: `a`, but it takes digits.");
    expect([isAt(problem, "options", []), isAt(problem, "contact", [])]).toEqual([true, false]);
    const dnis = readProblem("Route point 5950, dnis: no.");
    expect(isAt(dnis, "kind", ["dnis", "strategy"])).toBe(true);
  });
});

describe("addresses", () => {
  it("lead back to their page", () => {
    const all: readonly Address[] = [
      { page: "list", kind: "dns", query: { search: "50?/#1", offset: 200, sort: "-alias" } },
      { page: "object", kind: "strategies", key: "Über / alles: 1?" },
      { page: "object", kind: "dns", key: ":1" },
      { page: "new", kind: "persons", number: 3 },
      { page: "audit", query: { kind: "persons", key: "a b", who: "admin", offset: 50 } },
      { page: "review" },
      { page: "files" },
    ];
    for (const address of all) expect(readAddress(writeAddress(address))).toEqual(address);
  });

  it("that say nothing lead to the persons", () => {
    const list = { page: "list", kind: "persons", query: { search: "", offset: 0, sort: "" } };
    for (const hash of ["", "#/", "#/nonsense", "#/persons?offset=-3"]) {
      expect(readAddress(hash)).toEqual(list);
    }
    expect(readAddress("#/persons/%E0%A4%A")).toMatchObject({ page: "object", key: "%E0%A4%A" });
  });
});

describe("the tables of the forms", () => {
  it("know every kind by its table, its word and its title", () => {
    for (const { kind, one } of KINDS) {
      expect([kindOf(kind), kindOf(one)]).toEqual([kind, kind]);
      expect(factsOf(kind).columns.length).toBeGreaterThan(0);
    }
    expect([kindOf("agent-group"), kindOf("dn"), kindOf("dial-rule"), kindOf("media-file")])
      .toEqual(["agent_groups", "dns", "dial_plan", "media"]);
    expect(kindOf("toaster")).toBeNull();
  });

  it("have a field for each member of a new object", () => {
    for (const [kind, { fields, blank }] of Object.entries(FORMS)) {
      const names = fields.map(({ name }) => name);
      expect(Object.keys(blank).filter((name) => !names.includes(name)), kind).toEqual([]);
    }
  });

  it("have a form for every step that there is", () => {
    expect(STEPS.map(({ word }) => word).toSorted()).toEqual([
      "attach", "branch", "callback", "collect", "hours", "menu", "play", "priority", "release",
      "route", "target", "voicemail", "webhook",
    ]);
  });

  it("begin steps and targets in a shape that is recognised again", () => {
    for (const shape of [...STEPS, ...TARGETS]) {
      expect(caseOf(blankCase(shape))).toBe(shape.word);
    }
    expect(STEPS.map(blankCase)).toContain("release");
  });
});

describe("JSON", () => {
  it("is changed along a way without touching the original", () => {
    const object = { a: { b: [1, { c: 2 }] } };
    const next = withValue(object, ["a", "b", 1, "c"], 3);
    expect([valueAt(next, ["a", "b", 1, "c"]), object.a.b[1]]).toEqual([3, { c: 2 }]);
    expect(withValue({ a: 1, b: 2 }, ["a"], undefined)).toEqual({ b: 2 });
  });

  it("is the same when nothing and null are its only difference", () => {
    expect(same({ a: null, b: [1] }, { b: [1] })).toBe(true);
    expect(same({ b: [1] }, { b: [1, 2] })).toBe(false);
    expect(same({ b: 0 }, { b: null })).toBe(false);
  });

  it("keeps its order when members are renamed or items moved", () => {
    expect(Object.keys(renamed({ a: 1, b: 2, c: 3 }, "a", "z"))).toEqual(["z", "b", "c"]);
    expect([moved(["a", "b", "c"], 2, 0), moved(["a"], 0, 1)]).toEqual([["c", "a", "b"], ["a"]]);
    expect(words({ Support: 3, English: 5 })).toBe("Support 3, English 5");
  });
});

describe("the administration", () => {
  const notice = decodeNotice({
    version: 8, who: "admin2", changes: [{ kind: "person", key: "agent5001", sort: "changed" }],
  });

  it("hears of others' changes and which drafts they touch", () => {
    expect(noticeWords(notice)).toBe("admin2 changed Person agent5001 just now.");
    const drafts = after(edited({ ...ADA, place: null }), {
      type: "begun", kind: "persons", key: "agent5001", object: {},
    });
    expect(touched(drafts, notice).map(({ id }) => id)).toEqual(["persons/agent5001"]);
    const site = decodeSite({ version: 7, kinds: [{ kind: "persons", count: 27 }] });
    const known = adminReducer(NOTHING_KNOWN, { type: "siteRead", site });
    const heard = adminReducer(known, { type: "noticed", notice });
    expect([heard.site?.version, heard.site?.counts.get("persons")]).toEqual([8, 27]);
    expect(heard.site?.changeable).toBeNull();
  });

  it("forgets the drafts that were saved, and no others", () => {
    const drafts = after(edited(null), { type: "begun", kind: "dns", key: "1", object: {} });
    const saved = adminReducer({ ...NOTHING_KNOWN, drafts },
      { type: "saved", ids: ["persons/agent5001"], version: 9 });
    expect([...saved.drafts.all.keys()]).toEqual(["dns/:1"]);
    expect(saved.done).toBe("Saved as version 9.");
  });

  it("reads changes with values as JSON text or as JSON", () => {
    const { changes } = decodeChanged({ version: 8, changes: [{
      kind: "dn", key: "5001", sort: "changed",
      fields: [
        { field: "alias", before: null, after: '"Ada"' },
        { field: "dnis", before: ["1"], after: "[]" },
      ],
    }] });
    expect(changes[0]).toMatchObject({ kind: "dns", fields: [
      { before: null, after: "Ada" }, { before: '["1"]', after: "[]" },
    ] });
  });
});
