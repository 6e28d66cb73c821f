//! Server transactions: requests of others, answered once however often they come
//! (RFC 3261 17.2, RFC 6026 7.1).

use std::{collections::BTreeMap, time::Duration};

use model::{LegId, Now, id::FlowId};
use wire_sip::{Message, Method};

use super::{
    TransactionId,
    timers::{GIVE_UP, T1, T4, slower},
};
use crate::{
    limits::TRANSACTIONS_MAX,
    outlet::{Hop, Outlet},
    timers::Timer,
};

/// All server transactions.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    all: BTreeMap<TransactionId, Server>,
    by_key: BTreeMap<String, TransactionId>,
    /// Call-ID, From tag and CSeq of requests outside dialogs, to find merged ones
    /// (RFC 3261 8.2.2.2).
    by_origin: BTreeMap<String, TransactionId>,
    next: u64,
}

/// One request being answered.
#[derive(Debug)]
pub(crate) struct Server {
    /// The request, its topmost Via stamped with where it came from.
    pub request: Message,
    /// The leg whose INVITE this is.
    pub leg: Option<LegId>,
    key: String,
    origin: String,
    /// Where responses go.
    pub hop: Hop,
    is_invite: bool,
    state: State,
    /// What was sent last.
    last: Option<Vec<u8>>,
    interval: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// RFC 6026: a 2xx went out; its repetition is the leg's affair.
    Accepted,
    /// A final response went out.
    Completed,
    /// The ACK to it came; further ones are absorbed.
    Confirmed,
    /// Not finally answered.
    Proceeding,
}

/// What a request is to the transactions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A new one.
    New,
    /// The same request came by two ways.
    Merged,
    /// A repetition or an ACK: dealt with.
    Absorbed,
}

impl Servers {
    /// Looks a request up, answers a repetition with what was said last, absorbs the ACK to a
    /// failure.
    pub fn receive(&mut self, outlet: &mut Outlet, now: Now, request: &Message) -> Arrival {
        if let Some(id) = self.by_key.get(&key_of(request)).copied() {
            let Some(server) = self.all.get_mut(&id) else { return Arrival::New };
            if request.method() == Some(&Method::Ack) {
                return self.acknowledge(outlet, now, id);
            }
            // RFC 6026 7.1: in Accepted, repetitions are absorbed.
            if let (State::Proceeding | State::Completed, Some(last)) = (server.state, &server.last)
            {
                outlet.send(&server.hop, last.clone());
            }
            return Arrival::Absorbed;
        }
        let is_merged = request.to_tag().is_none()
            && !matches!(request.method(), Some(Method::Ack | Method::Cancel))
            && self.by_origin.contains_key(&origin_of(request));
        if is_merged { Arrival::Merged } else { Arrival::New }
    }

    /// Begins to answer a request. `None` beyond the limit.
    pub fn start(&mut self, request: Message, hop: Hop) -> Option<TransactionId> {
        if self.all.len() >= TRANSACTIONS_MAX {
            return None;
        }
        self.next += 1;
        let id = TransactionId(self.next);
        let (key, origin) = (key_of(&request), origin_of(&request));
        self.by_key.insert(key.clone(), id);
        if request.to_tag().is_none() && request.method() != Some(&Method::Cancel) {
            self.by_origin.insert(origin.clone(), id);
        }
        let is_invite = request.method() == Some(&Method::Invite);
        let server = Server {
            request,
            leg: None,
            key,
            origin,
            hop,
            is_invite,
            state: State::Proceeding,
            last: None,
            interval: T1,
        };
        self.all.insert(id, server);
        Some(id)
    }

    /// The INVITE that a CANCEL is for (RFC 3261 9.2).
    pub fn cancelled(&self, cancel: &Message) -> Option<TransactionId> {
        self.by_key.get(&key_for(cancel, &Method::Invite)).copied()
    }

    /// A transaction that is being answered.
    pub fn find(&self, id: TransactionId) -> Option<&Server> {
        self.all.get(&id)
    }

    /// Notes whose INVITE a transaction is.
    pub fn belongs_to(&mut self, id: TransactionId, leg: LegId) {
        if let Some(server) = self.all.get_mut(&id) {
            server.leg = Some(leg);
        }
    }

    /// Whether a request still waits for its final response.
    pub fn is_open(&self, id: TransactionId) -> bool {
        self.all.get(&id).is_some_and(|server| server.state == State::Proceeding)
    }

    /// Sends a response. A second final response is not sent.
    pub fn respond(
        &mut self,
        outlet: &mut Outlet,
        now: Now,
        id: TransactionId,
        response: &Message,
    ) {
        let Some(server) = self.all.get_mut(&id) else { return };
        let Some(status) = response.status().filter(|_| server.state == State::Proceeding) else {
            return;
        };
        outlet.send(&server.hop, response.as_bytes().to_vec());
        server.last = Some(response.as_bytes().to_vec());
        if status < 200 {
            return;
        }
        let reliable = outlet.is_reliable(&server.hop);
        server.state = match (server.is_invite, status) {
            (true, 200..=299) => State::Accepted,
            _ => State::Completed,
        };
        if server.is_invite && status >= 300 && !reliable {
            outlet.timers.set(Timer::ServerRepeat(id), now.instant + T1);
        }
        if !server.is_invite && reliable {
            // Timer J is 0: nothing is repeated on a stream.
            self.forget(outlet, id);
        } else {
            outlet.timers.set(Timer::ServerExpire(id), now.instant + GIVE_UP);
        }
    }

    /// Timer G.
    pub fn repeat(&mut self, outlet: &mut Outlet, now: Now, id: TransactionId) {
        let Some(server) = self.all.get_mut(&id) else { return };
        if let (State::Completed, Some(last)) = (server.state, &server.last) {
            outlet.send(&server.hop, last.clone());
            server.interval = slower(server.interval);
            outlet.timers.set(Timer::ServerRepeat(id), now.instant + server.interval);
        }
    }

    /// Timer H, I, J or L.
    pub fn expire(&mut self, outlet: &mut Outlet, id: TransactionId) {
        self.forget(outlet, id);
    }

    /// A connection is gone, and with it those who would read our answers. The INVITEs that were
    /// not answered yet are their legs' affair and stay.
    pub fn flow_closed(&mut self, outlet: &mut Outlet, flow: FlowId) {
        let done = |(id, server): (&TransactionId, &Server)| {
            let is_done = server.hop == Hop::Flow(flow) && server.state != State::Proceeding;
            is_done.then_some(*id)
        };
        let ids: Vec<_> = self.all.iter().filter_map(done).collect();
        for id in ids {
            self.forget(outlet, id);
        }
    }

    /// Drops a transaction that nobody will answer any more.
    pub fn forget(&mut self, outlet: &mut Outlet, id: TransactionId) {
        let Some(server) = self.all.remove(&id) else { return };
        self.by_key.remove(&server.key);
        if self.by_origin.get(&server.origin) == Some(&id) {
            self.by_origin.remove(&server.origin);
        }
        outlet.timers.clear(&Timer::ServerRepeat(id));
        outlet.timers.clear(&Timer::ServerExpire(id));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    fn acknowledge(&mut self, outlet: &mut Outlet, now: Now, id: TransactionId) -> Arrival {
        let Some(server) = self.all.get_mut(&id) else { return Arrival::New };
        match server.state {
            State::Completed => {
                server.state = State::Confirmed;
                outlet.timers.clear(&Timer::ServerRepeat(id));
                if outlet.is_reliable(&server.hop) {
                    self.forget(outlet, id);
                } else {
                    outlet.timers.set(Timer::ServerExpire(id), now.instant + T4);
                }
                Arrival::Absorbed
            }
            State::Confirmed => Arrival::Absorbed,
            // An ACK to a 2xx is the leg's, even when its sender reuses the INVITE's branch.
            State::Accepted | State::Proceeding => Arrival::New,
        }
    }
}

/// RFC 3261 17.2.3: branch, sent-by and method, an ACK counting as its INVITE; for a peer of
/// RFC 2543 the fields that made a transaction then.
fn key_of(request: &Message) -> String {
    let invite = Method::Invite;
    let method = match request.method() {
        Some(Method::Ack) | None => &invite,
        Some(method) => method,
    };
    key_for(request, method)
}

fn key_for(request: &Message, method: &Method) -> String {
    let via = request.via().ok();
    if let Some((via, branch)) = via.and_then(|via| Some((via, via.rfc3261_branch()?))) {
        let port = via.port.unwrap_or(0);
        return format!("{method} {} {port} {branch}", via.host.to_ascii_lowercase());
    }
    format!(
        "{method} {} {} {} {} {}",
        request.request_uri().unwrap_or_default(),
        request.from_tag().unwrap_or_default(),
        request.call_id(),
        request.cseq().map_or(0, |cseq| cseq.number),
        via.map_or_else(String::new, |via| format!("{}:{:?}", via.host, via.port)),
    )
}

fn origin_of(request: &Message) -> String {
    let cseq = request.cseq().map_or_else(String::new, |c| format!("{} {}", c.number, c.method));
    format!("{} {} {cseq}", request.call_id(), request.from_tag().unwrap_or_default())
}
