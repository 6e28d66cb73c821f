// What failed, and what to do: read out at once, dismissed by hand.

import { CircleAlert, Info, X } from "lucide-react";
import { useDesk, useSession } from "./context";
import { Button } from "./Controls";

export function Notices() {
  const session = useSession();
  const { notices } = useDesk();
  return (
    <div className="notices" role="region" aria-label="Messages" aria-live="assertive">
      {notices.shown.map((notice) => (
        <div key={notice.id} className={`notice ${notice.tone}`}>
          {notice.tone === "error" ? (
            <CircleAlert size={18} aria-hidden />
          ) : (
            <Info size={18} aria-hidden />
          )}
          <div>
            <strong>{notice.title}</strong>
            {notice.hint === null ? null : <p>{notice.hint}</p>}
          </div>
          <Button label="Dismiss" icon={X} iconOnly tone="quiet"
            onClick={() => session.dismissNotice(notice.id)} />
        </div>
      ))}
    </div>
  );
}
