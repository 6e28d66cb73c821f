//! Dialogs (RFC 3261 12): what two ends have to know of each other to go on talking.

use std::net::SocketAddr;

use model::{CallUuid, id::FlowId, random::Random, sip::Transport};
use wire_sip::{BRANCH_COOKIE, Builder, HeaderName, Message, Method, NameAddr, Request, Uri};

use crate::{
    CALL_UUID_HEADER,
    limits::{MAX_FORWARDS, ROUTES_MAX},
    outlet::{Hop, Outlet, Source},
    route,
};

/// A dialog, early or confirmed, of which we are one end.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub call_id: String,
    pub local_tag: String,
    /// Empty until the far end gave one; a peer of RFC 2543 never does.
    pub remote_tag: String,
    pub uuid: Option<CallUuid>,
    /// The user part of our Contact.
    contact_user: String,
    local: String,
    remote: String,
    local_cseq: u32,
    remote_cseq: Option<u32>,
    /// The far end's Contact.
    target: String,
    /// The route set, nearest first, as URIs.
    routes: Vec<String>,
    path: Path,
}

/// How the far end is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Along this connection and no other way.
    Flow(FlowId),
    /// A phone, perhaps behind a NAT: to where its last message came from.
    Proven(SocketAddr),
    /// A peer with an address of its own: by its route set and Contact where these are addresses,
    /// else to where its messages come from.
    Routed(Source),
}

/// Who calls whom with our own INVITE.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Our From, as a name-addr without tag.
    pub from: String,
    /// The Request-URI: the far end's Contact.
    pub target: String,
    /// To, as a name-addr.
    pub to: String,
    /// The user part of our Contact.
    pub contact_user: String,
    pub uuid: Option<CallUuid>,
    pub path: Path,
}

/// What makes a request unfit for a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// No Contact where one is needed.
    NoContact,
    /// More Record-Routes than we keep.
    TooManyRoutes,
}

impl Dialog {
    /// The dialog that an INVITE of a peer opens (12.1.1).
    pub fn of_request(
        request: &Message,
        path: Path,
        local_tag: String,
        first_cseq: u32,
    ) -> Result<Self, Unfit> {
        let target = request.contact().ok_or(Unfit::NoContact)?.uri.to_owned();
        let routes: Vec<_> = uris(request, HeaderName::RecordRoute).collect();
        if routes.len() > ROUTES_MAX {
            return Err(Unfit::TooManyRoutes);
        }
        let uuid = request.header_text(CALL_UUID_HEADER).and_then(|text| text.parse().ok());
        let to = request.to().ok();
        let user = to.and_then(|to| raw_user(to.uri)).unwrap_or_default();
        let dialled = request.request_uri().and_then(raw_user).unwrap_or(user).to_owned();
        Ok(Self {
            call_id: request.call_id().to_owned(),
            local_tag,
            remote_tag: request.from_tag().unwrap_or_default().to_owned(),
            uuid,
            contact_user: dialled,
            local: to.map_or_else(String::new, |to| format!("<{}>", to.uri)),
            remote: request.from().map_or_else(|_| String::new(), |from| format!("<{}>", from.uri)),
            local_cseq: first_cseq,
            remote_cseq: request.cseq().map(|cseq| cseq.number),
            target,
            routes,
            path,
        })
    }

    /// The dialog that an INVITE of ours is about to open.
    pub fn of_call(call: Call, random: &mut Random) -> Self {
        Self {
            call_id: random.hex(CALL_ID_DIGITS),
            local_tag: random.hex(TAG_DIGITS),
            remote_tag: String::new(),
            uuid: call.uuid,
            contact_user: call.contact_user,
            local: call.from,
            remote: call.to,
            local_cseq: 0,
            remote_cseq: None,
            target: call.target,
            routes: Vec::new(),
            path: call.path,
        }
    }

    /// The dialog of the same call by another way.
    pub fn again(&self, path: Path, random: &mut Random) -> Self {
        Self {
            call_id: random.hex(CALL_ID_DIGITS),
            local_tag: random.hex(TAG_DIGITS),
            remote_tag: String::new(),
            local_cseq: 0,
            remote_cseq: None,
            routes: Vec::new(),
            path,
            ..self.clone()
        }
    }

    /// The same call to somebody else.
    pub fn retarget(&mut self, target: String) {
        self.target = target;
    }

    /// The number of our next request, which is not composed here.
    pub fn next_cseq(&mut self) -> u32 {
        self.local_cseq += 1;
        self.local_cseq
    }

    /// What a response to our INVITE adds (12.1.2; 13.2.2.4 has a 2xx replace the route set).
    pub fn learn(&mut self, response: &Message) {
        if let Some(tag) = response.to_tag() {
            if tag != self.remote_tag {
                // Another branch of a fork counts its requests for itself.
                self.remote_cseq = None;
            }
            tag.clone_into(&mut self.remote_tag);
        }
        if let Some(contact) = response.contact() {
            contact.uri.clone_into(&mut self.target);
        }
        let mut routes: Vec<_> = uris(response, HeaderName::RecordRoute).take(ROUTES_MAX).collect();
        routes.reverse();
        self.routes = routes;
    }

    /// Goes on counting our requests where another branch of the same call has got to.
    pub fn count_on_from(&mut self, branch: &Self) {
        self.local_cseq = self.local_cseq.max(branch.local_cseq);
    }

    /// Takes over the Contact of a target refresh request or its 2xx (12.2).
    pub fn refresh_target(&mut self, message: &Message) {
        if let Some(contact) = message.contact() {
            contact.uri.clone_into(&mut self.target);
        }
    }

    /// Notes where a request of this dialog came from.
    pub fn proven_by(&mut self, source: &Source) {
        match &mut self.path {
            Path::Flow(_) => {}
            Path::Proven(address) if source.transport == Transport::Udp => *address = source.remote,
            Path::Proven(_) => {}
            Path::Routed(last) => *last = source.clone(),
        }
    }

    /// Whether a request's tags are this dialog's; the Call-ID and our tag are compared already.
    pub fn is_peer(&self, tag: Option<&str>) -> bool {
        self.remote_tag.is_empty() || tag.unwrap_or_default() == self.remote_tag
    }

    /// Takes a request's CSeq; false when it is not above the last (12.2.2). Gaps are legal.
    pub fn accept_cseq(&mut self, request: &Message) -> bool {
        let Some(number) = request.cseq().map(|cseq| cseq.number) else { return false };
        let is_next = self.remote_cseq.is_none_or(|last| number > last);
        if is_next {
            self.remote_cseq = Some(number);
        }
        is_next
    }

    /// Whether both lead to the same phone.
    pub fn has_path_of(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// The connection that this dialog stands and falls with.
    pub fn flow(&self) -> Option<FlowId> {
        match self.path {
            Path::Flow(flow) => Some(flow),
            Path::Proven(_) | Path::Routed(_) => None,
        }
    }

    /// The next request of ours, with all headers that name the dialog, and where it goes.
    pub fn request(
        &mut self,
        outlet: &mut Outlet,
        random: &mut Random,
        method: &Method,
    ) -> (Builder, Hop) {
        self.local_cseq += 1;
        self.compose(outlet, random, method, self.local_cseq)
    }

    /// The ACK to a 2xx (13.2.2.4): the CSeq of its INVITE, a branch of its own.
    pub fn ack(&self, outlet: &mut Outlet, random: &mut Random, cseq: u32) -> (Builder, Hop) {
        self.compose(outlet, random, &Method::Ack, cseq)
    }

    /// Our Contact towards a hop.
    pub fn contact(&self, outlet: &Outlet, hop: &Hop) -> String {
        let at = if self.contact_user.is_empty() { "" } else { "@" };
        let parameter = route::uri_parameter(outlet.transport(hop));
        format!("<sip:{}{at}{}{parameter}>", self.contact_user, outlet.our_place(hop))
    }

    fn compose(
        &self,
        outlet: &mut Outlet,
        random: &mut Random,
        method: &Method,
        cseq: u32,
    ) -> (Builder, Hop) {
        let hop = self.hop(outlet);
        let (uri, routes) = self.addressing();
        let mut builder = Request::new(method, uri)
            .header(HeaderName::Via, via(outlet, random, &hop))
            .header(HeaderName::MaxForwards, MAX_FORWARDS.to_string());
        for route in routes {
            builder = builder.header(HeaderName::Route, format!("<{route}>"));
        }
        let mut to = self.remote.clone();
        if !self.remote_tag.is_empty() {
            to.push_str(";tag=");
            to.push_str(&self.remote_tag);
        }
        let builder = builder
            .header(HeaderName::From, format!("{};tag={}", self.local, self.local_tag))
            .header(HeaderName::To, to)
            .header(HeaderName::CallId, &self.call_id)
            .header(HeaderName::CSeq, format!("{cseq} {method}"))
            .header_if(CALL_UUID_HEADER, self.uuid.map(|uuid| uuid.to_string()));
        (builder, hop)
    }

    /// Request-URI and Routes (12.2.1.1); a first route without `lr` is a strict router.
    fn addressing(&self) -> (&str, Vec<&str>) {
        match self.routes.split_first() {
            Some((first, rest)) if !is_loose(first) => {
                let tail = rest.iter().map(String::as_str).chain([self.target.as_str()]);
                (first, tail.collect())
            }
            _ => (&self.target, self.routes.iter().map(String::as_str).collect()),
        }
    }

    fn hop(&self, outlet: &mut Outlet) -> Hop {
        let source = match &self.path {
            Path::Flow(flow) => return Hop::Flow(*flow),
            Path::Proven(address) => return Hop::Udp(*address),
            Path::Routed(source) => source,
        };
        if let Hop::Flow(flow) = source.hop
            && outlet.flow(flow).is_some()
        {
            return source.hop.clone();
        }
        let next = self.routes.first().unwrap_or(&self.target);
        let (transport, address) = match route::literal(next) {
            Some((said, address)) => (said.unwrap_or(source.transport), address),
            None => (source.transport, source.remote),
        };
        outlet.way(transport, address)
    }
}

/// A Via of ours with a new branch.
pub(crate) fn via(outlet: &Outlet, random: &mut Random, hop: &Hop) -> String {
    format!(
        "SIP/2.0/{} {};branch={BRANCH_COOKIE}{};rport",
        route::via_token(outlet.transport(hop)),
        outlet.our_place(hop),
        random.hex(BRANCH_DIGITS)
    )
}

/// The user part of a URI exactly as written, so that it can be written again.
pub(crate) fn raw_user(uri: &str) -> Option<&str> {
    match Uri::parse(uri)? {
        Uri::Sip(sip) => sip.user,
        Uri::Tel(tel) => Some(tel.number),
        Uri::Other { .. } => None,
    }
}

fn is_loose(uri: &str) -> bool {
    Uri::parse(uri).and_then(|uri| uri.as_sip().map(|sip| sip.params.has("lr"))).unwrap_or(false)
}

fn uris(message: &Message, name: HeaderName) -> impl Iterator<Item = String> {
    message.list(name).filter_map(NameAddr::parse).map(|address| address.uri.to_owned())
}

const BRANCH_DIGITS: usize = 16;
const CALL_ID_DIGITS: usize = 32;
/// RFC 3261 19.3 asks for 32 random bits; 64 leave nothing to guess.
pub(crate) const TAG_DIGITS: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn invite(extra: &str) -> Message {
        Message::parse(
            format!(
                "INVITE sip:+1800@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\
                 \r\nFrom: <sip:5@192.0.2.1>;tag=f\r\nTo: <sip:+1800@192.0.2.9>\r\nCall-ID: c\r\n\
                 CSeq: 7 INVITE\r\nContact: <sip:5@192.0.2.1:5099>\r\n{extra}\r\n"
            )
            .into_bytes(),
        )
        .unwrap()
    }

    fn source() -> Source {
        let remote = "192.0.2.1:5060".parse().unwrap();
        Source { hop: Hop::Udp(remote), remote, transport: Transport::Udp }
    }

    fn bye(extra: &str) -> (String, Hop) {
        let mut outlet = Outlet::new("192.0.2.9:5060".parse().unwrap(), None);
        let path = Path::Routed(source());
        let mut dialog = Dialog::of_request(&invite(extra), path, "t".into(), 0).unwrap();
        let mut random = Random::from_number(1);
        let (builder, hop) = dialog.request(&mut outlet, &mut random, &Method::Bye);
        (String::from_utf8(builder.build().as_bytes().to_vec()).unwrap(), hop)
    }

    #[test]
    fn without_routes_requests_go_to_the_contact() {
        let (text, hop) = bye("");
        assert!(text.starts_with("BYE sip:5@192.0.2.1:5099 SIP/2.0\r\n"), "{text}");
        assert_eq!(hop, Hop::Udp("192.0.2.1:5099".parse().unwrap()));
    }

    #[test]
    fn loose_routes_are_followed_in_order() {
        let (text, hop) = bye("Record-Route: <sip:192.0.2.7;lr>, <sip:p.example;lr>\r\n");
        assert!(text.starts_with("BYE sip:5@192.0.2.1:5099 SIP/2.0\r\n"), "{text}");
        let routes = "Route: <sip:192.0.2.7;lr>\r\nRoute: <sip:p.example;lr>\r\n";
        assert!(text.contains(routes), "{text}");
        assert_eq!(hop, Hop::Udp("192.0.2.7:5060".parse().unwrap()));
    }

    #[test]
    fn a_strict_router_takes_the_place_of_the_target() {
        let (text, hop) = bye("Record-Route: <sip:192.0.2.7>\r\n");
        assert!(text.starts_with("BYE sip:192.0.2.7 SIP/2.0\r\n"), "{text}");
        assert!(text.contains("Route: <sip:5@192.0.2.1:5099>\r\n"), "{text}");
        assert_eq!(hop, Hop::Udp("192.0.2.7:5060".parse().unwrap()));
    }

    #[test]
    fn a_route_with_a_name_is_reached_where_the_peer_speaks_from() {
        let (_, hop) = bye("Record-Route: <sip:p.example;lr>\r\n");
        assert_eq!(hop, Hop::Udp("192.0.2.1:5060".parse().unwrap()));
    }

    #[test]
    fn a_cseq_may_leap_but_not_fall() {
        let path = Path::Routed(source());
        let mut dialog = Dialog::of_request(&invite(""), path, "t".into(), 0).unwrap();
        let with = |number: u32| {
            invite("").edit().replace(HeaderName::CSeq, format!("{number} BYE")).finish()
        };
        assert!(dialog.accept_cseq(&with(900)));
        assert!(!dialog.accept_cseq(&with(900)));
        assert!(!dialog.accept_cseq(&with(8)));
    }
}
