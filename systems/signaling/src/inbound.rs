//! What arrives: connections, datagrams, requests and responses, and who deals with each.

use std::hash::{DefaultHasher, Hash, Hasher};

use model::{
    Now,
    id::FlowId,
    sip::{SipInput, SipOutput, Transport},
};
use wire_sip::{
    Builder, Frame, HeaderName, Message, Method, PING, PONG, Policy, Received, Response, receive,
};

use crate::{
    ALLOW, Output, SUPPORTED, Signaling, WATCHED_EVENTS,
    counters::Refused,
    door::Offence,
    leg::{SDP, incoming::Origin},
    limits::RETRY_AFTER_S,
    outlet::{Hop, Source},
    transaction::{
        TransactionId,
        client::{Matched, User},
        server::Arrival,
    },
};

impl Signaling {
    pub(crate) fn sip_input(&mut self, now: Now, input: SipInput) {
        match input {
            SipInput::Datagram { local: _, remote, bytes } => {
                let source = Source { hop: Hop::Udp(remote), remote, transport: Transport::Udp };
                self.message(now, bytes, &source);
            }
            SipInput::FlowBytes { flow, bytes } => self.flow_bytes(now, flow, bytes),
            SipInput::FlowClosed { flow } => self.flow_closed(now, flow),
            SipInput::FlowOpened { flow, transport, local: _, remote } => {
                self.outlet.flow_opened(flow, transport, remote);
            }
            SipInput::Resolved { contact, targets, ttl_s } => {
                self.resolved(now, &contact, &targets, ttl_s);
            }
        }
    }

    fn flow_bytes(&mut self, now: Now, id: FlowId, bytes: Vec<u8>) {
        let Some(flow) = self.outlet.flow_mut(id) else { return };
        let (transport, remote) = (flow.transport, flow.remote);
        let source = Source { hop: Hop::Flow(id), remote, transport };
        match transport {
            Transport::Ws | Transport::Wss => {
                if bytes == PING {
                    return self.outlet.send(&source.hop, PONG.to_vec());
                }
                return self.message(now, bytes, &source);
            }
            Transport::Tcp | Transport::Tls | Transport::Udp => flow.framer().push(&bytes),
        }
        while let Some(frame) = self.outlet.flow_mut(id).and_then(|flow| flow.framer().pop()) {
            match frame {
                Frame::Message(bytes) => self.message(now, bytes, &source),
                Frame::Ping => self.outlet.send(&source.hop, PONG.to_vec()),
                Frame::Pong => {}
                Frame::Broken { message, fault: _ } => {
                    self.message(now, message, &source);
                    self.outlet.close_flow(id);
                }
            }
        }
    }

    fn flow_closed(&mut self, now: Now, flow: FlowId) {
        if self.outlet.flow_closed(flow).is_none() {
            return;
        }
        // The DNs first: a leg that the switch hears to be lost must find them out of service,
        // or it would ring the phone that is gone.
        for dn in self.registrar.flow_closed(flow) {
            self.out_of_service(now, dn);
        }
        for leg in self.legs_on(flow) {
            self.lose(leg);
        }
        self.watches_lost(flow);
        for user in self.clients.flow_closed(&mut self.outlet, flow) {
            self.unanswered(now, user);
        }
        self.servers.flow_closed(&mut self.outlet, flow);
        self.register_again_after(now, flow);
    }

    /// One message, whatever carried it.
    fn message(&mut self, now: Now, bytes: Vec<u8>, source: &Source) {
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0)) {
            // Keep-alives of phones over datagrams.
            return;
        }
        self.counters.received();
        if !is_page(source) && !self.door.lets_in(now, source.remote.ip()) {
            return;
        }
        match receive(bytes, &POLICY) {
            Received::Drop(fault) => {
                self.counters.dropped(fault);
                self.offended(now, source, Offence::Garbage);
            }
            Received::Answer(request, refusal) => {
                self.counters.refused(Refused::Malformed);
                self.offended(now, source, Offence::Garbage);
                let request = request.stamp_source(source.remote);
                let response = refusal.response(&request).to_tag(&stateless_tag(&request));
                let hop = response_hop(&request, source);
                self.outlet.send(&hop, response.build().as_bytes().to_vec());
            }
            Received::Good(message) if message.is_request() => self.request(now, &message, source),
            Received::Good(message) => self.response(now, &message),
        }
    }

    /// Somebody did what no phone and no carrier does often; after a while it is heard no more.
    pub(crate) fn offended(&mut self, now: Now, source: &Source, offence: Offence) {
        if is_page(source) {
            return;
        }
        let ip = source.remote.ip();
        let is_proven = source.transport != Transport::Udp;
        let Some(span) = self.door.note(now, ip, offence, is_proven) else { return };
        let (why, seconds) = (offence.as_str(), span.as_secs());
        tracing::warn!(source = %ip, why, seconds, "shut out");
        self.outlet.outputs.push_back(Output::Sip(SipOutput::ShutOut { source: ip, span }));
        for flow in self.outlet.flows_from(ip) {
            self.outlet.close_flow(flow);
        }
    }

    fn response(&mut self, now: Now, response: &Message) {
        let Matched::Tell(id, user) = self.clients.receive(&mut self.outlet, now, response) else {
            return;
        };
        if self.answer_challenge(now, id, &user, response) {
            return;
        }
        let status = response.status().unwrap_or_default();
        match user {
            User::Invite(leg) => self.invite_answered(now, leg, id, response),
            User::Nobody => {}
            User::Probe(name, address) => {
                if status >= 200 {
                    self.target_is(&name, address, status != 503);
                }
            }
            User::Registration(name) => self.registration_answered(now, &name, response),
            User::Refresh(leg) => self.refresh_answered(now, leg, id, response),
            User::Talk(leg) => self.talk_answered(leg, status),
            User::Upstream(dn) => self.upstream_answered(now, &dn, response),
            User::Watch(id) => self.watcher_answered(now, id, status),
        }
    }

    /// A request of ours got no final response.
    pub(crate) fn unanswered(&mut self, now: Now, user: User) {
        match user {
            User::Invite(leg) => self.invite_unanswered(now, leg),
            User::Nobody => {}
            User::Probe(name, address) => self.target_is(&name, address, false),
            User::Registration(name) => self.registration_unanswered(now, &name),
            User::Refresh(leg) => self.refresh_unanswered(now, leg),
            User::Talk(leg) => self.phone_did_not_answer(leg),
            User::Upstream(dn) => self.upstream_unanswered(now, &dn),
            User::Watch(id) => self.forget_watch(id),
        }
    }

    fn request(&mut self, now: Now, request: &Message, source: &Source) {
        let request = request.stamp_source(source.remote);
        match self.servers.receive(&mut self.outlet, now, &request) {
            Arrival::Absorbed => return,
            // RFC 3261 8.2.2.2.
            Arrival::Merged => return self.refuse_statelessly(&request, source, 482, |r| r),
            Arrival::New => {}
        }
        match request.method() {
            Some(Method::Ack) => return self.acknowledged(now, &request, source),
            Some(Method::Cancel) => return self.cancel(now, &request, source),
            _ => {}
        }
        let is_call = request.method() == Some(&Method::Invite) && request.to_tag().is_none();
        let origin = is_call.then(|| self.origin(now, &request, source));
        if let Some(Origin::Stranger) = origin {
            let count = self.counters.refused(Refused::UnknownSource);
            // Scanners call by the thousand; the counter has them all.
            if count.is_power_of_two() {
                let source = source.remote;
                tracing::warn!(%source, count, "refused an INVITE: no trunk accepts its source");
            }
            self.offended(now, source, Offence::Call);
            let reason = "SIP;cause=403;text=\"Source is no trunk and no registered phone\"";
            return self.refuse_statelessly(&request, source, 403, |response| {
                response.header(HeaderName::Reason, reason)
            });
        }
        let Some(id) = self.begin(&request, source) else { return };
        match (request.to_tag(), origin) {
            (_, Some(_)) if request.max_forwards() == Some(0) => {
                self.reply_to(now, id, 483, |response| response);
            }
            (_, Some(Origin::Known(origin))) => self.invited(now, id, &request, source, origin),
            (_, Some(Origin::Unproven(dn, proof))) => {
                self.demand_proof(now, id, &dn, proof, source);
            }
            (_, Some(Origin::Stranger)) => {}
            (_, None) if request.method() == Some(&Method::Register) => {
                self.registering(now, id, &request, source);
            }
            (Some(_), None) => match self.legs.find(&request) {
                Some(leg) => self.in_dialog(now, leg, id, &request, source),
                None if self.in_subscription(now, id, &request, source) => {}
                None => self.reply_to(now, id, 481, |response| response),
            },
            (None, None) => self.outside_dialog(now, id, &request, source),
        }
    }

    /// Starts a server transaction; beyond the limit a 503 goes out.
    fn begin(&mut self, request: &Message, source: &Source) -> Option<TransactionId> {
        let hop = response_hop(request, source);
        let id = self.servers.start(request.clone(), hop);
        if id.is_none() {
            self.counters.refused(Refused::Overload);
            self.refuse_statelessly(request, source, 503, |response| {
                response.header(HeaderName::RetryAfter, RETRY_AFTER_S.to_string())
            });
        }
        id
    }

    fn cancel(&mut self, now: Now, request: &Message, source: &Source) {
        let invite = self.servers.cancelled(request);
        let Some(id) = self.begin(request, source) else { return };
        let Some(invite) = invite else {
            return self.reply_to(now, id, 481, |response| response);
        };
        // RFC 3261 9.2: the 200 to CANCEL bears the tag of the INVITE's responses.
        let leg = self.servers.find(invite).and_then(|server| server.leg);
        let tag = leg.and_then(|leg| self.legs.get(leg)).map(|leg| leg.dialog.local_tag.clone());
        self.reply_to(now, id, 200, |response| match &tag {
            Some(tag) => response.to_tag(tag),
            None => response,
        });
        self.cancelled(now, invite);
    }

    fn outside_dialog(&mut self, now: Now, id: TransactionId, request: &Message, source: &Source) {
        let Some(method) = request.method() else { return };
        match method {
            // RFC 3261 11.2: what an INVITE would meet; one to ourselves as a ping is the rule.
            Method::Options => self.reply_to_options(now, id),
            _ if request.max_forwards() == Some(0) => self.reply_to(now, id, 483, |r| r),
            Method::Bye | Method::Info | Method::Prack | Method::Update => {
                self.reply_to(now, id, 481, |response| response);
            }
            Method::Subscribe => self.subscribing(now, id, request, source),
            Method::Notify => {
                self.reply_to(now, id, 489, |r| r.header(HeaderName::AllowEvents, WATCHED_EVENTS));
            }
            Method::Message | Method::Publish => {
                self.reply_to(now, id, 405, |r| r.header(HeaderName::Allow, ALLOW));
            }
            Method::Refer => {
                let warning = self.warning(399, "REFER is taken inside a call");
                self.reply_to(now, id, 403, |r| r.header(HeaderName::Warning, warning));
            }
            Method::Other(_) => {
                self.reply_to(now, id, 501, |r| r.header(HeaderName::Allow, ALLOW));
            }
            // Dealt with before they get here.
            Method::Ack | Method::Cancel | Method::Invite | Method::Register => {}
        }
    }

    /// What we can do (RFC 3261 11.2).
    pub(crate) fn reply_to_options(&mut self, now: Now, id: TransactionId) {
        self.reply_to(now, id, 200, |response| {
            with_abilities(response)
                .header(HeaderName::Accept, SDP)
                .header(HeaderName::AllowEvents, WATCHED_EVENTS)
        });
    }

    /// Answers a request; `shape` adds what this answer has of its own.
    pub(crate) fn reply_to(
        &mut self,
        now: Now,
        id: TransactionId,
        code: u16,
        shape: impl FnOnce(Builder) -> Builder,
    ) {
        let Some(server) = self.servers.find(id) else { return };
        let response = shape(Response::to(&server.request, code, ""));
        let response = match code {
            100 => response,
            _ => response.to_tag(&stateless_tag(&server.request)),
        };
        self.servers.respond(&mut self.outlet, now, id, &response.build());
    }

    /// A Warning header's value.
    pub(crate) fn warning(&self, code: u16, text: &str) -> String {
        format!("{code} {} {}", self.outlet.advertised, wire_sip::quote(text))
    }

    fn refuse_statelessly(
        &mut self,
        request: &Message,
        source: &Source,
        code: u16,
        shape: impl FnOnce(Builder) -> Builder,
    ) {
        let response = shape(Response::to(request, code, "")).to_tag(&stateless_tag(request));
        let hop = response_hop(request, source);
        self.outlet.send(&hop, response.build().as_bytes().to_vec());
    }
}

/// Says in a message what we can do.
pub(crate) fn with_abilities(builder: Builder) -> Builder {
    builder.header(HeaderName::Allow, ALLOW).header(HeaderName::Supported, SUPPORTED)
}

/// Whether it came by a WebSocket: behind a proxy, all pages have one address, and each is
/// answerable for itself.
fn is_page(source: &Source) -> bool {
    matches!(source.transport, Transport::Ws | Transport::Wss)
}

/// RFC 3261 18.2.2, RFC 3581 4: along the connection that brought the request; a datagram to
/// where it came from, at the port that it asks for.
fn response_hop(request: &Message, source: &Source) -> Hop {
    match source.hop {
        Hop::Flow(_) => source.hop.clone(),
        Hop::Udp(remote) => {
            let top = request.list(HeaderName::Via).next().and_then(wire_sip::Via::parse);
            let address = top.and_then(|via| via.response_address());
            Hop::Udp(address.map_or(remote, |address| {
                // Never to an address that only Via names: a liar could aim us at a third party.
                std::net::SocketAddr::new(remote.ip(), address.port())
            }))
        }
    }
}

/// RFC 3261 8.2.7: without state the same request gets the same To tag again.
fn stateless_tag(request: &Message) -> String {
    let mut hasher = DefaultHasher::new();
    request.call_id().hash(&mut hasher);
    request.header(HeaderName::From).hash(&mut hasher);
    request.header(HeaderName::Via).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

const POLICY: Policy = Policy { extensions: &["100rel", "norefersub", "timer"] };
