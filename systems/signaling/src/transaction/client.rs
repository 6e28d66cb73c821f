//! Client transactions: our requests, repeated until answered (RFC 3261 17.1, RFC 6026 7.2).

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use model::{Dn, LegId, Now, TrunkName, id::FlowId};
use wire_sip::{HeaderName, Message, Method, Request};

use super::{
    TransactionId,
    timers::{GIVE_UP, T1, T2, T4, slower},
};
use crate::{
    limits::TRANSACTIONS_MAX,
    outlet::{Hop, Outlet},
    timers::Timer,
    watch::WatchId,
};

/// Who asked, and therefore who is told how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// The INVITE that makes a leg.
    Invite(LegId),
    /// Nobody: BYE, CANCEL, PRACK.
    Nobody,
    /// OPTIONS to one address of a trunk.
    Probe(TrunkName, SocketAddr),
    /// REGISTER at a trunk's carrier.
    Registration(TrunkName),
    /// UPDATE or re-INVITE that refreshes a leg's session.
    Refresh(LegId),
    /// INFO or NOTIFY that tells a leg's phone to answer.
    Talk(LegId),
    /// NOTIFY of a subscription.
    Watch(WatchId),
    /// REGISTER of a DN at the server in front of which we stand.
    Upstream(Dn),
}

/// All client transactions.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    all: BTreeMap<TransactionId, Client>,
    by_branch: BTreeMap<String, TransactionId>,
    next: u64,
}

#[derive(Debug)]
struct Client {
    request: Message,
    branch: String,
    hop: Hop,
    is_invite: bool,
    state: State,
    /// How long until the next repetition; nothing is repeated over reliable transports.
    interval: Duration,
    user: User,
}

#[derive(Debug)]
enum State {
    /// RFC 6026: a 2xx came; its repetitions still go to the user.
    Accepted,
    /// Sent, nothing came yet.
    Calling,
    /// A final response came; an INVITE keeps its ACK for the response's repetitions.
    Completed { ack: Option<Message> },
    /// A provisional response came.
    Proceeding,
}

/// What a response means to the user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Matched {
    /// Nothing: a repetition, or a response to nothing of ours.
    Nothing,
    /// Tell the user.
    Tell(TransactionId, User),
}

impl Clients {
    /// Sends a request and waits for its responses. `None` beyond the limit, or when its branch
    /// is used already.
    pub fn start(
        &mut self,
        outlet: &mut Outlet,
        now: Now,
        request: Message,
        hop: Hop,
        user: User,
    ) -> Option<TransactionId> {
        if self.all.len() >= TRANSACTIONS_MAX {
            return None;
        }
        let is_invite = request.method() == Some(&Method::Invite);
        let branch = key_of(&request)?;
        self.next += 1;
        let id = TransactionId(self.next);
        outlet.send(&hop, request.as_bytes().to_vec());
        if !outlet.is_reliable(&hop) {
            outlet.timers.set(Timer::ClientRepeat(id), now.instant + T1);
        }
        outlet.timers.set(Timer::ClientExpire(id), now.instant + GIVE_UP);
        self.by_branch.insert(branch.clone(), id);
        let state = State::Calling;
        self.all.insert(id, Client { request, branch, hop, is_invite, state, interval: T1, user });
        Some(id)
    }

    /// A response came: absorb it or tell the user. Non-2xx finals to INVITE are acknowledged
    /// here; a 2xx is the user's to acknowledge.
    pub fn receive(&mut self, outlet: &mut Outlet, now: Now, response: &Message) -> Matched {
        let (Some(status), Some(id)) =
            (response.status(), key_of(response).and_then(|key| self.by_branch.get(&key).copied()))
        else {
            return Matched::Nothing;
        };
        let Some(client) = self.all.get_mut(&id) else { return Matched::Nothing };
        let reliable = outlet.is_reliable(&client.hop);
        match (&client.state, status) {
            (State::Completed { ack }, 300..) => {
                if let Some(ack) = ack {
                    outlet.send(&client.hop, ack.as_bytes().to_vec());
                }
                return Matched::Nothing;
            }
            (State::Completed { .. }, _) => return Matched::Nothing,
            (State::Accepted, 200..=299) => {}
            (State::Accepted, _) => return Matched::Nothing,
            (State::Calling | State::Proceeding, 100..=199) => {
                client.state = State::Proceeding;
                if client.is_invite {
                    // RFC 3261 17.1.1.2: from here on the user decides how long to wait.
                    outlet.timers.clear(&Timer::ClientRepeat(id));
                    outlet.timers.clear(&Timer::ClientExpire(id));
                }
            }
            (State::Calling | State::Proceeding, _) => {
                outlet.timers.clear(&Timer::ClientRepeat(id));
                let linger = client.finish(outlet, response, status, reliable);
                let user = client.user.clone();
                // Also when that is at once: the user may want to see what it asked.
                outlet.timers.set(Timer::ClientExpire(id), now.instant + linger);
                return Matched::Tell(id, user);
            }
        }
        Matched::Tell(id, client.user.clone())
    }

    /// Timer A or E.
    pub fn repeat(&mut self, outlet: &mut Outlet, now: Now, id: TransactionId) {
        let Some(client) = self.all.get_mut(&id) else { return };
        client.interval = match (&client.state, client.is_invite) {
            (State::Calling, true) => client.interval * 2,
            (State::Calling, false) => slower(client.interval),
            (State::Proceeding, false) => T2,
            (State::Proceeding, true) | (State::Accepted | State::Completed { .. }, _) => return,
        };
        outlet.send(&client.hop, client.request.as_bytes().to_vec());
        outlet.timers.set(Timer::ClientRepeat(id), now.instant + client.interval);
    }

    /// Timer B or F, whose user is told that nobody answered; or D, K, M.
    pub fn expire(&mut self, outlet: &mut Outlet, id: TransactionId) -> Option<User> {
        let client = self.forget(outlet, id)?;
        match client.state {
            State::Calling | State::Proceeding => Some(client.user),
            State::Accepted | State::Completed { .. } => None,
        }
    }

    /// A connection is gone: the users of what waited on it.
    pub fn flow_closed(&mut self, outlet: &mut Outlet, flow: FlowId) -> Vec<User> {
        let on_flow = |(id, client): (&TransactionId, &Client)| {
            (client.hop == Hop::Flow(flow)).then_some(*id)
        };
        let ids: Vec<_> = self.all.iter().filter_map(on_flow).collect();
        ids.into_iter().filter_map(|id| self.expire(outlet, id)).collect()
    }

    /// The request of a transaction and where it went, e.g. for the ACK to its 2xx.
    pub fn request(&self, id: TransactionId) -> Option<(&Message, &Hop)> {
        self.all.get(&id).map(|client| (&client.request, &client.hop))
    }

    /// The CANCEL of an INVITE (RFC 3261 9.1): its own transaction on the same branch.
    pub fn cancel(&mut self, outlet: &mut Outlet, now: Now, id: TransactionId, reason: &str) {
        let Some(client) = self.all.get(&id) else { return };
        let hop = client.hop.clone();
        let cancel = follow(&client.request, &Method::Cancel)
            .copy(&client.request, HeaderName::To)
            .header(HeaderName::Reason, reason)
            .build();
        self.start(outlet, now, cancel, hop, User::Nobody);
    }

    /// Gives a transaction up without telling anybody.
    pub fn abandon(&mut self, outlet: &mut Outlet, id: TransactionId) {
        self.forget(outlet, id);
    }

    /// Whether nothing at all came back yet.
    pub fn is_silent(&self, id: TransactionId) -> bool {
        self.all.get(&id).is_some_and(|client| matches!(client.state, State::Calling))
    }

    /// Somebody else is told how a transaction ends.
    pub fn belongs_to(&mut self, id: TransactionId, user: User) {
        if let Some(client) = self.all.get_mut(&id) {
            client.user = user;
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    fn forget(&mut self, outlet: &mut Outlet, id: TransactionId) -> Option<Client> {
        let client = self.all.remove(&id)?;
        self.by_branch.remove(&client.branch);
        outlet.timers.clear(&Timer::ClientRepeat(id));
        outlet.timers.clear(&Timer::ClientExpire(id));
        Some(client)
    }
}

impl Client {
    /// A final response: acknowledge it if need be, and say how long to stay for repetitions.
    fn finish(
        &mut self,
        outlet: &mut Outlet,
        response: &Message,
        status: u16,
        reliable: bool,
    ) -> Duration {
        if !self.is_invite {
            self.state = State::Completed { ack: None };
            return if reliable { Duration::ZERO } else { T4 };
        }
        if status < 300 {
            self.state = State::Accepted;
            return GIVE_UP;
        }
        let ack = follow(&self.request, &Method::Ack).copy(response, HeaderName::To).build();
        outlet.send(&self.hop, ack.as_bytes().to_vec());
        self.state = State::Completed { ack: Some(ack) };
        if reliable { Duration::ZERO } else { GIVE_UP }
    }
}

/// What ACK (to a failure) and CANCEL share with their INVITE: RFC 3261 9.1 and 17.1.1.3.
fn follow(invite: &Message, method: &Method) -> wire_sip::Builder {
    let number = invite.cseq().map_or(0, |cseq| cseq.number);
    Request::new(method, invite.request_uri().unwrap_or_default())
        .copy(invite, HeaderName::Via)
        .copy(invite, HeaderName::Route)
        .copy(invite, HeaderName::MaxForwards)
        .copy(invite, HeaderName::From)
        .copy(invite, HeaderName::CallId)
        .header(HeaderName::CSeq, format!("{number} {method}"))
        .copy(invite, crate::CALL_UUID_HEADER)
}

/// RFC 3261 17.1.3: branch and CSeq method name a client transaction.
fn key_of(message: &Message) -> Option<String> {
    let via = message.via().ok()?;
    Some(format!("{} {}", message.cseq()?.method, via.branch()?))
}
