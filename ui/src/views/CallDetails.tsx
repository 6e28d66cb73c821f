// What is known about the customer of a call: the record, the attached data, the past contacts.

import { Globe, History, IdCard, Mail, MessageCircle, Phone } from "lucide-react";
import { capitalised } from "../model/format";
import { allows } from "../model/controls";
import type { LiveCall } from "../model/calls";
import type { Contact } from "../model/facts";
import { callerOf } from "./caller";
import { useDesk } from "./context";
import { Badge, Card } from "./Controls";
import { InteractionData } from "./InteractionData";
import { PhoneNumber } from "./PhoneNumber";

export function CallDetails({ call }: { call: LiveCall }) {
  const card = useDesk().customers[call.id];
  return (
    <div className="details">
      <CustomerCardView call={call} />
      <InteractionData callId={call.id} userData={call.userData}
        editable={allows(call, "userdata")} />
      <Card title="Past contacts" icon={History} className="contacts">
        {card?.kind === "known" && card.customer.contacts.length > 0 ? (
          <ol className="timeline">
            {card.customer.contacts.map((contact) => (
              <ContactLine key={`${contact.at} ${contact.subject}`} contact={contact} />
            ))}
          </ol>
        ) : (
          <p className="empty">
            {card === undefined || card.kind === "loading" ? "Looking…" : "No earlier contacts."}
          </p>
        )}
      </Card>
    </div>
  );
}

function CustomerCardView({ call }: { call: LiveCall }) {
  const card = useDesk().customers[call.id];
  const caller = callerOf(call, card);
  const number =
    card?.kind === "known" && card.customer.phoneNumber !== ""
      ? card.customer.phoneNumber
      : caller.number;
  const rows: readonly (readonly [string, string | null])[] = [
    ["Name", caller.name],
    ["Account number", caller.accountNumber],
    ["Account", caller.accountType],
    ["Phone", number],
    ["Reason", caller.reason],
  ];
  return (
    <Card title="Customer" icon={IdCard}
      aside={card?.kind === "unknown" ? <Badge>Not in the records</Badge> : null}>
      <dl className="facts">
        {rows.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{name === "Phone" ? <PhoneNumber number={value} /> : value}</dd>
            </div>
          ),
        )}
      </dl>
    </Card>
  );
}

const CHANNEL_ICONS = { voice: Phone, email: Mail, chat: MessageCircle } as const;

function ContactLine({ contact }: { contact: Contact }) {
  const { channel } = contact;
  const known = channel === "voice" || channel === "email" || channel === "chat";
  const Icon = known ? CHANNEL_ICONS[channel] : Globe;
  return (
    <li>
      <span className="timeline-icon" title={capitalised(channel)}>
        <Icon size={14} aria-hidden />
        <span className="unseen">{channel}</span>
      </span>
      <div className="timeline-words">
        <span className="timeline-subject">{contact.subject}</span>
        <span className="muted small">
          <time dateTime={contact.at}>{contactDate(contact.at)}</time>
          {contact.agent === "" ? "" : ` · ${contact.agent}`}
        </span>
      </div>
      {contact.outcome === "" ? null : <Badge>{capitalised(contact.outcome)}</Badge>}
    </li>
  );
}

const DATE = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

function contactDate(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : DATE.format(date);
}
