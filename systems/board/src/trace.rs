//! What the stories of calls are told: each hand-over that belongs to a call, and what the media
//! of its legs is about.

use model::{
    CallUuid, ConnId, Dn, LegId, Now, Request, System,
    leg::{LegCommand, LegFact, LegSource},
    media::{MediaCommand, MediaFact},
    sip::{SipInput, SipOutput},
};
use story::{Input, Line};

use crate::{Board, Cord, Output, Systems, ladder};

/// A hand-over before it is carried out.
#[derive(Debug)]
pub struct Traced {
    about: About,
    line: Line,
    parts: Vec<(Option<LegId>, Vec<ConnId>)>,
}

/// What a hand-over belongs to.
#[derive(Debug)]
enum About {
    Calls(Vec<ConnId>),
    /// SIP of this Call-ID.
    Dialog(String),
    /// The calls at a DN: one of them is being made.
    Dn(Dn),
    Event(ConnId),
    Leg(LegId),
}

impl Board {
    /// Looks at a hand-over before it is carried out, and tells what it says of media.
    pub(crate) fn trace(&mut self, now: Now, cord: &Cord) -> Option<Traced> {
        if let Some(input) = facts(cord) {
            self.systems.story.handle_input(now, input);
        }
        let about = about(cord)?;
        let (from, to, text) = ladder::describe(cord)?;
        let line =
            Line { uuid: uuid(cord), from, to, text: text_of(cord, text), ..Line::default() };
        let parts = self.parts(&about);
        Some(Traced { about, line, parts })
    }

    /// Tells it, now that its call is there if it made one.
    pub(crate) fn traced(&mut self, now: Now, traced: Traced) {
        let Traced { about, line, mut parts } = traced;
        for (leg, conns) in self.parts(&about) {
            match parts.iter_mut().find(|(known, _)| *known == leg) {
                Some((_, known)) => {
                    let new = conns.iter().filter(|conn| !known.contains(conn));
                    let new: Vec<_> = new.copied().collect();
                    known.extend(new);
                }
                None => parts.push((leg, conns)),
            }
        }
        let Systems { story, switch, .. } = &mut self.systems;
        if let About::Dialog(call_id) = &about
            && parts.is_empty()
        {
            // The last responses of a dialog come when signaling has forgotten it.
            parts.extend(story.legs_of(call_id).into_iter().map(|leg| (Some(leg), Vec::new())));
        }
        for (leg, conns) in parts {
            if let (Some(leg), About::Dialog(call_id)) = (leg, &about) {
                story.handle_input(now, Input::Dialog { leg, call_id: call_id.clone() });
            }
            story.handle_input(now, Input::Line(Line { leg, conns, ..line.clone() }));
        }
        if let About::Event(conn) = about
            && !switch.has(conn)
        {
            story.handle_input(now, Input::Ended(conn));
        }
    }

    /// The legs that a hand-over is about, each with its calls; no leg: the calls alone.
    fn parts(&self, about: &About) -> Vec<(Option<LegId>, Vec<ConnId>)> {
        let Systems { signaling, switch, .. } = &self.systems;
        let leg = |leg| (Some(leg), switch.calls_on(leg));
        match about {
            About::Calls(conns) => {
                // Programs may name calls that are over.
                let up = conns.iter().filter(|conn| switch.has(**conn));
                vec![(None, up.copied().collect())]
            }
            About::Dialog(call_id) => signaling.legs_of(call_id).map(leg).collect(),
            About::Dn(dn) => vec![(None, switch.calls_at(dn).to_vec())],
            About::Event(conn) => vec![(None, vec![*conn])],
            About::Leg(id) => vec![leg(*id)],
        }
    }
}

fn about(cord: &Cord) -> Option<About> {
    match cord {
        Cord::Desk(desk::Input::Event(event)) => {
            event.call.as_ref().map(|call| About::Event(call.conn))
        }
        Cord::Signaling(signaling::Input::Command(command)) => Some(About::Leg(command.leg())),
        Cord::Signaling(signaling::Input::Media(fact)) => fact.leg().map(About::Leg),
        Cord::Signaling(signaling::Input::Sip(input)) => match input {
            SipInput::Datagram { bytes, .. } | SipInput::FlowBytes { bytes, .. } => dialog(bytes),
            SipInput::FlowClosed { .. }
            | SipInput::FlowOpened { .. }
            | SipInput::Resolved { .. } => None,
        },
        Cord::Switch(switch::Input::Leg(fact)) => fact.leg().map(About::Leg),
        Cord::Switch(switch::Input::Media(fact)) => fact.leg().map(About::Leg),
        Cord::Switch(switch::Input::Request(request)) => {
            let request = &request.request;
            let is_new = matches!(request, Request::MakeCall { .. });
            let conns = request.conns();
            if is_new {
                return Some(About::Dn(request.dn().clone()));
            }
            (!conns.is_empty()).then_some(About::Calls(conns))
        }
        Cord::World(Output::Media(command)) => command.leg().map(About::Leg),
        Cord::World(Output::Sip(output)) => match output {
            SipOutput::Datagram { bytes, .. } | SipOutput::FlowBytes { bytes, .. } => dialog(bytes),
            SipOutput::CloseFlow { .. }
            | SipOutput::Connect { .. }
            | SipOutput::Resolve { .. }
            | SipOutput::ShutOut { .. } => None,
        },
        Cord::World(Output::Webhook(webhook)) => {
            let conn = webhook.body.get("connId")?.as_str()?;
            conn.parse().ok().map(|conn| About::Calls(vec![conn]))
        }
        Cord::Cti(_)
        | Cord::Desk(_)
        | Cord::Directory(_)
        | Cord::History(_)
        | Cord::Routing(_)
        | Cord::Signaling(_)
        | Cord::Stats(_)
        | Cord::Story(_)
        | Cord::Switch(_)
        | Cord::World(_) => None,
    }
}

fn uuid(cord: &Cord) -> Option<CallUuid> {
    let Cord::Desk(desk::Input::Event(event)) = cord else { return None };
    event.call.as_ref().map(|call| call.uuid)
}

/// What a hand-over says of a leg, its far end and its media.
fn facts(cord: &Cord) -> Option<Input> {
    match cord {
        Cord::Signaling(signaling::Input::Command(command)) => match command {
            LegCommand::Dial { leg, trunk, .. } => {
                Some(Input::Named { leg: *leg, name: trunk.to_string() })
            }
            LegCommand::Ring { leg, dn, .. } => {
                Some(Input::Named { leg: *leg, name: dn.to_string() })
            }
            LegCommand::Answer { .. }
            | LegCommand::AnswerPhone { .. }
            | LegCommand::Progress { .. }
            | LegCommand::ReferDone { .. }
            | LegCommand::Release { .. }
            | LegCommand::ShowHeld { .. } => None,
        },
        Cord::Signaling(signaling::Input::Media(MediaFact::Described { leg, sdp })) => {
            Some(Input::Described { leg: *leg, is_ours: true, sdp: sdp.clone() })
        }
        Cord::Switch(switch::Input::Leg(LegFact::Offered { leg, source, .. })) => {
            let name = match source {
                LegSource::Dn(dn) => dn.to_string(),
                LegSource::Trunk(trunk) => trunk.to_string(),
            };
            Some(Input::Named { leg: *leg, name })
        }
        Cord::World(Output::Media(command)) => match command {
            MediaCommand::Answer { leg, sdp: offer }
            | MediaCommand::Open { leg, offer: Some(offer), .. }
            | MediaCommand::Reoffer { leg, offer } => {
                Some(Input::Described { leg: *leg, is_ours: false, sdp: offer.clone() })
            }
            MediaCommand::Close { leg } => Some(Input::Closed(*leg)),
            MediaCommand::Announce { .. }
            | MediaCommand::Hear { .. }
            | MediaCommand::Open { offer: None, .. }
            | MediaCommand::Play { .. }
            | MediaCommand::Record(_)
            | MediaCommand::SendDigits { .. }
            | MediaCommand::Sound { .. } => None,
        },
        Cord::Cti(_)
        | Cord::Desk(_)
        | Cord::Directory(_)
        | Cord::History(_)
        | Cord::Routing(_)
        | Cord::Signaling(_)
        | Cord::Stats(_)
        | Cord::Story(_)
        | Cord::Switch(_)
        | Cord::World(_) => None,
    }
}

/// The ladder's text; what people press is nobody's business afterwards, and web addresses may
/// have secrets after the question mark.
fn text_of(cord: &Cord, text: String) -> String {
    match cord {
        Cord::Switch(
            switch::Input::Leg(LegFact::Digit { leg, .. })
            | switch::Input::Media(MediaFact::Digit { leg, .. }),
        ) => format!("Digit {leg} •"),
        Cord::Signaling(signaling::Input::Sip(
            SipInput::Datagram { bytes, .. } | SipInput::FlowBytes { bytes, .. },
        ))
        | Cord::World(Output::Sip(
            SipOutput::Datagram { bytes, .. } | SipOutput::FlowBytes { bytes, .. },
        )) => match header(bytes, &["cseq"]).filter(|_| bytes.starts_with(b"SIP/2.0 ")) {
            Some(cseq) => {
                let method = cseq.split_whitespace().nth(1).unwrap_or_default();
                format!("{text} ({method})")
            }
            None => text,
        },
        Cord::World(Output::Webhook(webhook)) => {
            let place = webhook.url.split('?').next().unwrap_or_default();
            format!("Ask #{} {place}", webhook.id)
        }
        Cord::Cti(_)
        | Cord::Desk(_)
        | Cord::Directory(_)
        | Cord::History(_)
        | Cord::Routing(_)
        | Cord::Signaling(_)
        | Cord::Stats(_)
        | Cord::Story(_)
        | Cord::Switch(_)
        | Cord::World(_) => text,
    }
}

fn dialog(bytes: &[u8]) -> Option<About> {
    header(bytes, &["call-id", "i"]).map(|value| About::Dialog(value.to_owned()))
}

/// The value of the first header of one of these names, in lower case, of a SIP message.
fn header<'a>(bytes: &'a [u8], names: &[&str]) -> Option<&'a str> {
    let mut lines = bytes.split(|byte| *byte == b'\n').skip(1);
    let found = lines.by_ref().take_while(|line| line.len() > 1).find_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let is_it = |wanted: &&str| name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes());
        names.iter().any(is_it).then(|| value.get(1..).unwrap_or_default())
    })?;
    std::str::from_utf8(found).ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn a_header_is_found_by_any_of_its_names_and_not_in_the_body() {
        let message = b"SIP/2.0 200 OK\r\nVia: x\r\ni : a@b \r\nCSeq: 1 INVITE\r\n\r\nCall-ID: c";
        assert_eq!(header(message, &["call-id", "i"]), Some("a@b"));
        assert_eq!(header(message, &["cseq"]), Some("1 INVITE"));
        assert_eq!(header(message, &["call-id"]), None);
        assert_eq!(header(b"", &["i"]), None);
    }
}
