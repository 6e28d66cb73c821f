// What the router says of one call or agent, asked again while it is open.

import { CircleHelp, X } from "lucide-react";
import { useEffect, useState } from "react";
import { readWhy } from "../../io/rest";
import type { Subject } from "../../io/rest";
import type { Why } from "../../model/monitor/why";
import { Button, Card } from "../Controls";

const EVERY_MS = 3000;

export function WhyPanel({ subject, onClose }: { subject: Subject; onClose: () => void }) {
  const [why, setWhy] = useState<Why | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      try {
        const told = await readWhy(subject);
        if (isOver) return;
        setWhy(told);
        setProblem(null);
      } catch (error) {
        if (!isOver) setProblem(error instanceof Error ? error.message : "No answer.");
      }
    };
    void ask();
    const timer = window.setInterval(() => void ask(), EVERY_MS);
    return () => {
      isOver = true;
      window.clearInterval(timer);
    };
  }, [subject]);
  const close = <Button label="Close the explanation" icon={X} iconOnly tone="quiet"
    onClick={onClose} />;
  return (
    <Card title="Why?" icon={CircleHelp} className="wide-card why" aside={close}>
      {problem === null ? null : <p className="problem" role="alert">{problem}</p>}
      <p role="status">{why === null ? "Asking the router…" : why.words}</p>
      <ul className="muted">
        {why?.lines.map((line) => <li key={line}>{line}</li>)}
      </ul>
    </Card>
  );
}
