// Hours of each weekday, and days that are not as their weekday says.

import { X } from "lucide-react";
import { without } from "../../model/admin/json";
import { record, text, texts } from "../../model/read";
import type { Json } from "../../model/read";
import { Button } from "../Controls";
import { NewName } from "./PairsField";
import { TextsInput } from "./TextsInput";

const DAYS = [
  "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
] as const;
const EXAMPLE = "08:00-12:00, 13:00-18:00";

export function HoursField({ hours, onChange }: { hours: Json; onChange: (hours: Json) => void }) {
  return (
    <div className="pairs">
      {DAYS.map((day) => {
        const name = day.toLowerCase();
        return (
          <div key={day} className="pair">
            <span className="pair-name">{day}</span>
            <TextsInput label={`Hours on ${day}`} example="Closed" values={texts(hours[name])}
              onChange={(spans) => onChange(spans.length === 0
                ? without(hours, name) : { ...hours, [name]: spans })} />
          </div>
        );
      })}
      <p className="muted small">For example {EXAMPLE}. A day ends at 24:00.</p>
    </div>
  );
}

export function HolidaysField({ holidays, onChange }: {
  holidays: Json;
  onChange: (holidays: Json) => void;
}) {
  return (
    <div className="pairs">
      {Object.entries(holidays).map(([date, value]) => {
        const day = record(value);
        const set = (members: Json) =>
          onChange({ ...holidays, [date]: { name: "", hours: [], ...day, ...members } });
        return (
          <div key={date} className="pair">
            <span className="pair-name">{date}</span>
            <input type="text" aria-label={`Name of ${date}`} placeholder="Name"
              value={text(day["name"])} onChange={(event) => set({ name: event.target.value })} />
            <TextsInput label={`Hours on ${date}`} example="Closed" values={texts(day["hours"])}
              onChange={(hours) => set({ hours })} />
            <Button label={`Remove ${date}`} icon={X} iconOnly tone="quiet"
              onClick={() => onChange(without(holidays, date))} />
          </div>
        );
      })}
      <NewName name="Date" taken={holidays}
        onName={(date) => onChange({ ...holidays, [date]: { name: "", hours: [] } })} />
      <p className="muted small">2026-12-24 is that day alone, 12-25 every year.</p>
    </div>
  );
}
