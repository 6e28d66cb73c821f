// Agents by skill; a skill's name chooses it for the table of agents.

import { Sparkles } from "lucide-react";
import type { SkillRow } from "../../model/monitor/rows";
import { Card } from "../Controls";

export function SkillsCard({ skills, chosen, onChoose }: {
  skills: readonly SkillRow[];
  chosen: string;
  onChoose: (skill: string) => void;
}) {
  return (
    <Card title="Skills" icon={Sparkles} className="skills two-columns">
      {skills.length === 0 ? <p className="empty">No skills.</p> : (
        <div className="table-scroll">
          <table className="figures-table">
            <thead>
              <tr>
                <th scope="col">Skill</th>
                <th scope="col">Logged in</th>
                <th scope="col">Ready</th>
                <th scope="col">On call</th>
                <th scope="col">After call</th>
                <th scope="col">Not ready</th>
                <th scope="col" className="words">Reasons</th>
              </tr>
            </thead>
            <tbody>
              {skills.map((skill) => (
                <tr key={skill.name} className={skill.name === chosen ? "chosen" : ""}>
                  <th scope="row">
                    <button type="button" className="row-link" aria-pressed={skill.name === chosen}
                      onClick={() => onChoose(skill.name === chosen ? "" : skill.name)}>
                      {skill.name}
                    </button>
                  </th>
                  <td>{skill.loggedIn}</td>
                  <td>{skill.ready}</td>
                  <td>{skill.onCall}</td>
                  <td>{skill.afterCallWork}</td>
                  <td>{skill.notReady}</td>
                  <td className="words">{reasonWords(skill)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function reasonWords(skill: SkillRow): string {
  const words = skill.reasons.map(([reason, count]) => `${reason || "No reason"} ${count}`);
  return words.join(", ") || "–";
}
