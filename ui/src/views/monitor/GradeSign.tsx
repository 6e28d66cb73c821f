// A sign for how well something goes: its shape says it, not its colour alone.

import { CircleCheck, OctagonAlert, TriangleAlert } from "lucide-react";
import type { Grade } from "../../model/monitor/queues";

export function GradeSign({ grade, size }: { grade: Grade; size: number }) {
  switch (grade) {
    case "good":
      return <CircleCheck size={size} role="img" aria-label="Good:" />;
    case "warn":
      return <TriangleAlert size={size} role="img" aria-label="Fair:" />;
    case "bad":
      return <OctagonAlert size={size} role="img" aria-label="Bad:" />;
    case "none":
      return null;
  }
}
