//! Ladders: who told whom what, one line per hand-over.
//!
//! The same text is a test's assertion, a flow's documentation and a support engineer's first
//! look. Housekeeping (configuration, pictures for the dashboard) is left out.

use std::collections::VecDeque;

use model::{
    Event,
    api::{ApiInput, ApiOutput},
    leg::{LegCommand, LegFact},
    media::{MediaCommand, MediaFact},
    recording::{RecordCommand, RecordingFact},
    sip::{SipInput, SipOutput},
    tserver::{ClientInput, ClientMessage, ClientOutput},
};

use crate::{Cord, Output};

/// The last hand-overs, as text.
#[derive(Debug, Default)]
pub struct Ladder {
    lines: VecDeque<String>,
    is_on: bool,
}

impl Ladder {
    /// Starts to record.
    pub fn switch_on(&mut self) {
        self.is_on = true;
    }

    /// What was recorded since the last time, oldest first.
    pub fn take(&mut self) -> Vec<String> {
        self.lines.drain(..).collect()
    }

    pub(crate) fn record(&mut self, cord: &Cord) {
        if !self.is_on {
            return;
        }
        if let Some((from, to, what)) = describe(cord) {
            if self.lines.len() == LINES_MAX {
                self.lines.pop_front();
            }
            self.lines.push_back(format!("{from:>9} -> {to:<9}  {what}"));
        }
    }
}

pub(crate) type Line = (&'static str, &'static str, String);

pub(crate) fn describe(cord: &Cord) -> Option<Line> {
    match cord {
        Cord::Cti(input) => match input {
            cti::Input::Client(input) => Some(("client", "cti", client_input(input))),
            cti::Input::Outcome(cti::Outcome::Accepted { reference, .. }) => {
                Some(("switch", "cti", outcome(reference.0, None)))
            }
            cti::Input::Outcome(cti::Outcome::Refused { reference, refusal, .. }) => {
                Some(("switch", "cti", outcome(reference.0, Some(refusal))))
            }
            cti::Input::Configuration(_) | cti::Input::Event(_) => None,
        },
        Cord::Desk(input) => match input {
            desk::Input::Api(input) => Some(("browser", "desk", api_input(input)?)),
            desk::Input::Event(event) => Some(("switch", "all", self::event(event))),
            desk::Input::Outcome { reference, refusal } => {
                Some(("switch", "desk", outcome(reference.0, refusal.as_ref())))
            }
            desk::Input::Capabilities { .. }
            | desk::Input::Audit(_)
            | desk::Input::Changed { .. }
            | desk::Input::Configuration(_)
            | desk::Input::Explained { .. }
            | desk::Input::Health(_)
            | desk::Input::Monitor(_)
            | desk::Input::Speakers { .. }
            | desk::Input::Statistics { .. }
            | desk::Input::Story { .. }
            | desk::Input::Subscribed { .. }
            | desk::Input::Trends(_) => None,
        },
        Cord::Routing(input) => match input {
            routing::Input::Outcome { reference, refusal } => {
                Some(("switch", "routing", outcome(reference.0, refusal.as_ref())))
            }
            routing::Input::Webhook(answer) => {
                let how = if answer.answer.is_ok() { "Answered" } else { "Failed" };
                Some(("program", "routing", format!("{how} #{}", answer.id)))
            }
            routing::Input::Configuration(_) | routing::Input::Event(_) => None,
        },
        Cord::Signaling(input) => match input {
            signaling::Input::Command(command) => {
                Some(("switch", "signaling", leg_command(command)))
            }
            signaling::Input::Media(fact) => Some(("shard", "signaling", media_fact(fact)?)),
            signaling::Input::Sip(input) => Some(("wire", "signaling", sip_input(input))),
            signaling::Input::Configuration(_) => None,
        },
        Cord::Switch(input) => match input {
            switch::Input::Leg(fact) => Some(("signaling", "switch", leg_fact(fact))),
            switch::Input::Media(fact) => Some(("shard", "switch", media_fact(fact)?)),
            switch::Input::Request(request) => {
                let from = match request.origin {
                    model::Origin::Cti(_) => "cti",
                    model::Origin::Desk => "desk",
                    model::Origin::Router => "routing",
                };
                let (name, dn) = (request.request.name(), request.request.dn());
                Some((from, "switch", format!("Request{name} {dn}")))
            }
            switch::Input::Recording(fact) => {
                let RecordingFact::Failed { recording, .. } = fact;
                Some(("recorder", "switch", format!("Failed {recording}")))
            }
            switch::Input::Configuration(_) | switch::Input::Trunk { .. } => None,
        },
        Cord::World(output) => world(output),
        Cord::Directory(_) | Cord::History(_) | Cord::Stats(_) | Cord::Story(_) => None,
    }
}

fn world(output: &Output) -> Option<Line> {
    match output {
        Output::Api(output) => Some(("desk", "browser", api_output(output)?)),
        Output::Client(output) => Some(("cti", "client", client_output(output))),
        Output::Media(command) => {
            let from = match command {
                // SDP travels in SIP.
                MediaCommand::Answer { .. }
                | MediaCommand::Close { .. }
                | MediaCommand::Open { .. }
                | MediaCommand::Reoffer { .. } => "signaling",
                MediaCommand::Announce { .. }
                | MediaCommand::Hear { .. }
                | MediaCommand::Play { .. }
                | MediaCommand::Record(_)
                | MediaCommand::SendDigits { .. }
                | MediaCommand::Sound { .. } => "switch",
            };
            Some((from, "shard", media_command(command)))
        }
        Output::Sip(output) => Some(("signaling", "wire", sip_output(output))),
        Output::Webhook(webhook) => {
            Some(("routing", "program", format!("Ask #{} {}", webhook.id, webhook.url)))
        }
        Output::Audit(_)
        | Output::Changed { .. }
        | Output::History(_)
        | Output::Monitor(_)
        | Output::Stat(_)
        | Output::Published(_)
        | Output::Rejected(_)
        | Output::Story(_) => None,
    }
}

fn event(event: &Event) -> String {
    let mut text = format!("{} {}", event.name, event.this_dn);
    if let Some(call) = &event.call {
        if let Some((other, _)) = &call.other {
            text.push_str(&format!(" other={other}"));
        }
        if let Some((third, _)) = &call.third_party {
            text.push_str(&format!(" third={third}"));
        }
        if call.call_state != model::CallState::Ok {
            text.push_str(&format!(" state={}", call.call_state.as_str()));
        }
    }
    if let Some(reason) = event.agent.as_ref().and_then(|agent| agent.reason.as_ref()) {
        text.push_str(&format!(" reason={reason:?}"));
    }
    text
}

fn outcome(reference: u64, refusal: Option<&model::error::Refusal>) -> String {
    match refusal {
        None => format!("accepted #{reference}"),
        Some(refusal) => format!("refused #{reference} {}", refusal.error.as_str()),
    }
}

fn client_input(input: &ClientInput) -> String {
    match input {
        ClientInput::Closed { client } => format!("closed {client}"),
        ClientInput::Opened { client, .. } => format!("opened {client}"),
        ClientInput::Request { reference, .. } => format!("request #{reference}"),
    }
}

fn client_output(output: &ClientOutput) -> String {
    match output {
        ClientOutput::Close { client, .. } => format!("close {client}"),
        ClientOutput::Send { message, .. } => match message {
            ClientMessage::Error { refusal, .. } => {
                format!("EventError {}", refusal.error.as_str())
            }
            ClientMessage::Event { event, .. } => self::event(event),
            ClientMessage::LinkConnected => "EventLinkConnected".into(),
            ClientMessage::Registered { this_dn, .. } => format!("EventRegistered {this_dn}"),
            ClientMessage::Unregistered { this_dn, .. } => format!("EventUnregistered {this_dn}"),
        },
    }
}

fn api_input(input: &ApiInput) -> Option<String> {
    match input {
        ApiInput::Request(request) => Some(format!("{} {}", request.method, request.path)),
        ApiInput::SocketClosed { .. } => Some("socket closed".into()),
        ApiInput::SocketOpened { request, .. } => Some(format!("socket {}", request.path)),
        ApiInput::Abandoned { .. }
        | ApiInput::PasswordChecked { .. }
        | ApiInput::PasswordsHashed { .. }
        | ApiInput::SocketText { .. } => None,
    }
}

fn api_output(output: &ApiOutput) -> Option<String> {
    match output {
        ApiOutput::Response(response) => Some(response.status.to_string()),
        ApiOutput::SocketText { .. } => Some("push".into()),
        ApiOutput::Audit { .. }
        | ApiOutput::ConfigurationFile { .. }
        | ApiOutput::SoundFile { .. }
        | ApiOutput::HashPasswords { .. }
        | ApiOutput::History { .. }
        | ApiOutput::CheckPassword { .. }
        | ApiOutput::CustomerCall { .. }
        | ApiOutput::Recording { .. }
        | ApiOutput::RecordingDelete { .. }
        | ApiOutput::RecordingSound { .. }
        | ApiOutput::Recordings { .. }
        | ApiOutput::SocketAccept { .. }
        | ApiOutput::SocketClose { .. }
        | ApiOutput::SocketRefuse { .. } => None,
    }
}

fn leg_command(command: &LegCommand) -> String {
    match command {
        LegCommand::Answer { leg } => format!("Answer {leg}"),
        LegCommand::AnswerPhone { leg } => format!("AnswerPhone {leg}"),
        LegCommand::Dial { leg, trunk, number, .. } => format!("Dial {leg} {number} by {trunk}"),
        LegCommand::ReferDone { leg, status } => format!("ReferDone {leg} {status}"),
        LegCommand::ShowHeld { leg, is_held } => format!("ShowHeld {leg} {is_held}"),
        LegCommand::Progress { leg, progress } => format!("Progress {leg} {progress:?}"),
        LegCommand::Release { leg, cause } => format!("Release {leg} {cause:?}"),
        LegCommand::Ring { leg, dn, from, resume, .. } => {
            let resume = if *resume { " resume" } else { "" };
            format!("Ring {leg} {dn} from {from}{resume}")
        }
    }
}

fn leg_fact(fact: &LegFact) -> String {
    match fact {
        LegFact::Answered { leg } => format!("Answered {leg}"),
        LegFact::Digit { leg, digit } => format!("Digit {leg} {digit}"),
        LegFact::EarlyMedia { leg } => format!("EarlyMedia {leg}"),
        LegFact::DnInService { dn } => format!("DnInService {dn}"),
        LegFact::DnOutOfService { dn } => format!("DnOutOfService {dn}"),
        LegFact::Ended { leg, cause } => format!("Ended {leg} {cause:?}"),
        LegFact::Lost { leg } => format!("Lost {leg}"),
        LegFact::Offered { leg, ani, dnis, .. } => format!("Offered {leg} {ani} to {dnis}"),
        LegFact::PhoneDidNotAnswer { leg } => format!("PhoneDidNotAnswer {leg}"),
        LegFact::Referred { leg, target, .. } => format!("Referred {leg} to {target}"),
        LegFact::Moved { leg, target } => format!("Moved {leg} {target}"),
        LegFact::Pressed { leg, button } => format!("Pressed {leg} {button:?}"),
        LegFact::Ringing { leg } => format!("Ringing {leg}"),
    }
}

fn media_command(command: &MediaCommand) -> String {
    match command {
        MediaCommand::Announce { leg, announcement, .. } => {
            format!("Announce {leg} #{}", announcement.0)
        }
        MediaCommand::Answer { leg, .. } => format!("Answer {leg}"),
        MediaCommand::Close { leg } => format!("Close {leg}"),
        MediaCommand::Hear { leg, sources } => {
            let sources: Vec<_> = sources.iter().map(ToString::to_string).collect();
            format!("Hear {leg} {}", sources.join("+"))
        }
        MediaCommand::Open { leg, kind, offer, .. } => {
            let role = if offer.is_some() { "answers" } else { "offers" };
            format!("Open {leg} {kind:?} {role}")
        }
        MediaCommand::Play { leg, tune } => format!("Play {leg} {tune:?}"),
        MediaCommand::Record(command) => record_command(command),
        MediaCommand::Reoffer { leg, .. } => format!("Reoffer {leg}"),
        MediaCommand::SendDigits { leg, .. } => format!("SendDigits {leg}"),
        MediaCommand::Sound { leg, announcement, .. } => format!("Sound {leg} #{}", announcement.0),
    }
}

fn media_fact(fact: &MediaFact) -> Option<String> {
    match fact {
        MediaFact::Announced { leg, problem, .. } => {
            let how = if problem.is_some() { " in vain" } else { "" };
            Some(format!("Announced {leg}{how}"))
        }
        MediaFact::Described { leg, .. } => Some(format!("Described {leg}")),
        MediaFact::Digit { leg, digit, .. } => Some(format!("Digit {leg} {digit}")),
        MediaFact::Flowing { leg } => Some(format!("Flowing {leg}")),
        MediaFact::Holds { leg, is_held } => Some(format!("Holds {leg} {is_held}")),
        MediaFact::Lost { leg } => Some(format!("Lost {leg}")),
        MediaFact::Levels { .. } | MediaFact::Quality { .. } | MediaFact::Reached { .. } => None,
        MediaFact::Refused { leg, .. } => Some(format!("Refused {leg}")),
    }
}

fn sip_input(input: &SipInput) -> String {
    match input {
        SipInput::Datagram { bytes, .. } | SipInput::FlowBytes { bytes, .. } => first_line(bytes),
        SipInput::FlowClosed { flow } => format!("flow {flow} closed"),
        SipInput::FlowOpened { flow, transport, .. } => format!("flow {flow} opened {transport:?}"),
        SipInput::Resolved { contact, targets, .. } => {
            format!("{} is at {} addresses", contact.host, targets.len())
        }
    }
}

fn sip_output(output: &SipOutput) -> String {
    match output {
        SipOutput::CloseFlow { flow } => format!("close flow {flow}"),
        SipOutput::Connect { flow, .. } => format!("connect flow {flow}"),
        SipOutput::Datagram { bytes, .. } | SipOutput::FlowBytes { bytes, .. } => first_line(bytes),
        SipOutput::Resolve { contact } => format!("where is {}", contact.host),
        SipOutput::ShutOut { source, .. } => format!("shut out {source}"),
    }
}

/// `INVITE sip:5001@…` or `200 OK`: the first line without the version.
fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.strip_prefix("SIP/2.0 ").or(line.strip_suffix(" SIP/2.0")).unwrap_or(&line);
    line.chars().take(LINE_CHARS_MAX).collect()
}

/// The oldest lines make room for new ones.
const LINES_MAX: usize = 10_000;
const LINE_CHARS_MAX: usize = 80;

fn record_command(command: &RecordCommand) -> String {
    match command {
        RecordCommand::Start(about) => format!("Record {} at {}", about.id, about.dn),
        RecordCommand::Hear { recording, left, right } => {
            let legs = |legs: &[model::LegId]| {
                legs.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
            };
            format!("Record {recording} left {} right {}", legs(left), legs(right))
        }
        RecordCommand::Pause(recording) => format!("Pause {recording}"),
        RecordCommand::Resume(recording) => format!("Resume {recording}"),
        RecordCommand::Stop(recording) => format!("Stop {recording}"),
    }
}
