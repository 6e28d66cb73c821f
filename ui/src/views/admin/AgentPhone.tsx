// A phone and a place for an agent who has none, made along with the agent in one change.

import { PhoneCall } from "lucide-react";
import { useState } from "react";
import { beginning } from "../../model/admin/drafts";
import { withValue } from "../../model/admin/json";
import { text } from "../../model/read";
import type { Json } from "../../model/read";
import { Button } from "../Controls";
import { useAdmin } from "./context";

export function AgentPhone({ object, onPlace }: {
  object: Json;
  onPlace: (place: string) => void;
}) {
  const { admin } = useAdmin();
  const [number, setNumber] = useState("");
  const [password, setPassword] = useState("");
  if (text(object["place"]) !== "") return null;
  const dn = number.trim();
  const make = () => {
    const way = ["kind", "extension", "password"];
    const phone = withValue(beginning("dns", null), way, password || null) as Json;
    admin.draft({ type: "begun", kind: "dns", key: dn, object: phone });
    admin.draft({ type: "begun", kind: "places", key: dn, object: { dns: [dn] } });
    onPlace(dn);
  };
  return (
    <fieldset className="admin-field agent-phone">
      <legend>No place yet: make one with a phone</legend>
      <input type="text" aria-label="Number of the new phone" placeholder="Number" value={number}
        autoComplete="off" onChange={(event) => setNumber(event.target.value)} />
      <input type="password" aria-label="SIP password of the new phone" placeholder="SIP password"
        autoComplete="new-password" value={password}
        onChange={(event) => setPassword(event.target.value)} />
      <Button label="Make phone and place" icon={PhoneCall} disabled={dn === ""} onClick={make} />
    </fieldset>
  );
}
