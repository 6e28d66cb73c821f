// One skill given to several persons at once, or taken from them. Nothing is saved yet: it becomes
// a change to each person that is reviewed like every other.

import { useState } from "react";
import type { Item } from "../../model/admin/decode";
import { draftId } from "../../model/admin/drafts";
import { withValue } from "../../model/admin/json";
import { LEVEL_MAX } from "../../model/admin/forms";
import { Button } from "../Controls";
import { useAdmin } from "./context";
import { PickInput } from "./PickField";

const SKILLS = { kinds: ["skills"] } as const;

export function BulkSkills({ items, onDone }: { items: readonly Item[]; onDone: () => void }) {
  const { admin } = useAdmin();
  const [skill, setSkill] = useState("");
  const [level, setLevel] = useState(1);
  const give = (to: number | undefined) => {
    for (const { key, object } of items) {
      const { all } = admin.store.state().drafts;
      const now = all.get(draftId("persons", key))?.object ?? object;
      const next = withValue(now, ["skills", skill.trim()], to);
      admin.edit({ kind: "persons", key }, object, next as Item["object"]);
    }
    const did = to === undefined ? `lose ${skill}` : `get ${skill} at level ${to}`;
    admin.tell(`${items.length} persons ${did} when you save.`);
    onDone();
  };
  return (
    <form className="bulk" aria-label="Skill of the marked persons"
      onSubmit={(event) => {
        event.preventDefault();
        if (skill.trim() !== "") give(level);
      }}>
      <strong>{items.length} marked</strong>
      <PickInput label="Skill" from={SKILLS} value={skill} onChange={setSkill} />
      <input type="number" aria-label="Level" min={0} max={LEVEL_MAX} value={level}
        onChange={(event) => setLevel(Math.max(0, Math.trunc(Number(event.target.value))))} />
      <Button label="Give this skill" type="submit" disabled={skill.trim() === ""} />
      <Button label="Take this skill away" disabled={skill.trim() === ""}
        onClick={() => give(undefined)} />
      <Button label="Clear marks" tone="quiet" onClick={onDone} />
    </form>
  );
}
