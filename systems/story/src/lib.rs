//! Calls' stories: who told whom what, how media came about, how it sounded.
//!
//! The board tells every hand-over that belongs to a leg or a call; here each finds its calls. A
//! leg is heard of before its call has a name (an INVITE comes first), so what is told of it
//! waits until the call is there. A story is whole some seconds after its call ended, when the
//! last response and the last figures have come, and goes to the database then; calls that are up
//! are told from here.
//!
//! Keys that people press are not in a story, nor are keys and passwords of media.

mod call;
mod e_model;
mod leg;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use model::{
    CallUuid, ConnId, LegId, Now, System,
    media::{Milestone, Quality},
    story::{Rung, Story, Voice},
};

use crate::{call::Call, leg::Leg};

/// What can be told.
#[derive(Debug)]
pub enum Input {
    /// Media has let a leg go.
    Closed(LegId),
    /// An SDP.
    Described {
        /// Of which leg.
        leg: LegId,
        /// Whether we wrote it.
        is_ours: bool,
        /// The text.
        sdp: Vec<u8>,
    },
    /// A leg's SIP dialog has this Call-ID.
    Dialog {
        /// Which leg.
        leg: LegId,
        /// As in SIP.
        call_id: String,
    },
    /// A call is over.
    Ended(ConnId),
    /// A hand-over.
    Line(Line),
    /// A leg's far end has a name.
    Named {
        /// Which leg.
        leg: LegId,
        /// A DN or a trunk.
        name: String,
    },
    /// What was measured on a leg since it began.
    Quality {
        /// Which leg.
        leg: LegId,
        /// The figures.
        quality: Quality,
    },
    /// Media came a step further.
    Reached {
        /// Which leg.
        leg: LegId,
        /// What.
        milestone: Milestone,
        /// The far end's address.
        address: Option<String>,
    },
}

/// A hand-over, and what it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its calls, as far as they are known.
    pub conns: Vec<ConnId>,
    /// Their CallUUID, when it is said.
    pub uuid: Option<CallUuid>,
    /// The leg, if it is about one.
    pub leg: Option<LegId>,
    /// Who tells; [`FAR_END`]: the leg's.
    pub from: &'static str,
    /// Whom; likewise.
    pub to: &'static str,
    /// What.
    pub text: String,
}

/// What is said.
#[derive(Debug)]
pub enum Output {
    /// A call's whole story.
    Story(Box<Story>),
    /// How a leg sounds.
    Voice(Voice),
}

/// All stories that go on.
#[derive(Debug, Default)]
pub struct Stories {
    calls: BTreeMap<ConnId, Call>,
    legs: BTreeMap<LegId, Leg>,
    by_call_id: BTreeMap<String, BTreeSet<LegId>>,
    /// What is over for now and gone soon, in that order.
    leaving: VecDeque<(Instant, Leaving)>,
    out: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug)]
enum Leaving {
    Call(ConnId),
    Leg(LegId),
    /// A call of which no event was told yet: it may never come to one.
    Unnamed(ConnId),
}

impl Stories {
    /// Nothing was told yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The story so far of a call that is up or has just ended.
    #[must_use]
    pub fn tell(&self, now: Now, uuid: CallUuid) -> Option<Story> {
        let mut newest_first = self.calls.iter().rev();
        let (conn, call) = newest_first.find(|(_, call)| call.uuid == Some(uuid))?;
        Some(self.story(*conn, call, now.unix_ms()))
    }

    /// Whether nothing is remembered of any call or leg.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty()
            && self.legs.is_empty()
            && self.by_call_id.is_empty()
            && self.leaving.is_empty()
    }

    /// Calls of which no event was told: a phone was asked for, and did not come up perhaps.
    /// Whoever knows that one is over says `Ended`.
    pub fn unnamed(&self) -> impl Iterator<Item = ConnId> {
        self.calls.iter().filter(|(_, call)| call.uuid.is_none()).map(|(conn, _)| *conn)
    }

    /// The legs whose SIP has this Call-ID.
    #[must_use]
    pub fn legs_of(&self, call_id: &str) -> Vec<LegId> {
        self.by_call_id.get(call_id).into_iter().flatten().copied().collect()
    }

    /// Ends every story now, so that none is lost when the program ends.
    pub fn finish(&mut self, now: Now) {
        for conn in self.calls.keys().copied().collect::<Vec<_>>() {
            self.write(now, conn);
        }
    }

    fn line(&mut self, now: Now, line: Line) {
        let Line { mut conns, uuid, leg, from, to, text } = line;
        let name = |name: &str| match leg {
            Some(id) if name == FAR_END => {
                let leg = self.legs.get(&id).and_then(|leg| leg.name.clone());
                leg.unwrap_or_else(|| name.to_owned())
            }
            Some(_) | None => name.to_owned(),
        };
        let rung = Rung { at_ms: now.unix_ms(), from: name(from), to: name(to), text };
        if let Some(id) = leg {
            self.seat(now, id, &conns);
            let leg = self.leg(now, id);
            if leg.conns.is_empty() && leg.waiting.len() < WAITING_MAX {
                leg.waiting.push(rung.clone());
            }
            if conns.is_empty() {
                conns = leg.conns.iter().copied().collect();
                // A call whose story is written does not begin again.
                conns.retain(|conn| self.calls.contains_key(conn));
            }
        }
        for conn in conns {
            if let Some(call) = self.call(now, conn, uuid) {
                call.tell(rung.clone());
            }
        }
    }

    /// The leg's entry. One that turns out to be in no call is soon gone.
    fn leg(&mut self, now: Now, id: LegId) -> &mut Leg {
        self.legs.entry(id).or_insert_with(|| {
            self.leaving.push_back((now.instant + LINGER, Leaving::Leg(id)));
            Leg::default()
        })
    }

    /// A leg is in these calls; what was told of it before belongs there.
    fn seat(&mut self, now: Now, id: LegId, conns: &[ConnId]) {
        let leg = self.leg(now, id);
        let before = leg.conns.len();
        leg.conns.extend(conns);
        if leg.conns.len() == before {
            return;
        }
        let mut waiting = std::mem::take(&mut leg.waiting);
        if let Some(name) = &leg.name {
            for place in waiting.iter_mut().flat_map(|rung| [&mut rung.from, &mut rung.to]) {
                if place == FAR_END {
                    name.clone_into(place);
                }
            }
        }
        for conn in conns {
            let Some(call) = self.call(now, *conn, None) else { continue };
            if call.legs.len() < LEGS_MAX {
                call.legs.insert(id);
            }
            call.tell_earlier(std::mem::take(&mut waiting));
        }
    }

    /// The call's entry, new if need be.
    fn call(&mut self, now: Now, conn: ConnId, uuid: Option<CallUuid>) -> Option<&mut Call> {
        if self.calls.len() == CALLS_MAX && !self.calls.contains_key(&conn) {
            let oldest = self.calls.keys().next().copied()?;
            tracing::warn!(call = %oldest, "so many calls: the oldest one's story ends here");
            self.write(now, oldest);
        }
        let call = self.calls.entry(conn).or_insert_with(|| {
            self.leaving.push_back((now.instant + LINGER, Leaving::Unnamed(conn)));
            Call::new(now.unix_ms())
        });
        call.uuid = uuid.or(call.uuid);
        Some(call)
    }

    fn measured(&mut self, now: Now, id: LegId, quality: Quality) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(heard) = leg.measure(now, quality) else { return };
        if leg.is_closed {
            return;
        }
        if let Some(name) = &leg.name {
            self.out.push_back(Output::Voice(Voice {
                conns: leg.conns.iter().copied().collect(),
                leg: id,
                name: name.clone(),
                heard: Some(heard),
            }));
        }
    }

    fn closed(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if std::mem::replace(&mut leg.is_closed, true) {
            return;
        }
        let (conns, name) = (Vec::new(), leg.name.clone().unwrap_or_default());
        self.out.push_back(Output::Voice(Voice { conns, leg: id, name, heard: None }));
        self.leaving.push_back((now.instant + LINGER, Leaving::Leg(id)));
    }

    fn ended(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        if call.ended_ms.is_none() {
            call.ended_ms = Some(now.unix_ms());
            self.leaving.push_back((now.instant + LINGER, Leaving::Call(conn)));
        }
    }

    /// Hands a story over and forgets it.
    fn write(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.remove(&conn) else { return };
        let mut story = self.story(conn, &call, now.unix_ms());
        story.ended_ms = call.ended_ms.or(Some(now.unix_ms()));
        for id in &call.legs {
            self.forget(*id);
        }
        if call.uuid.is_some() {
            self.out.push_back(Output::Story(Box::new(story)));
        }
    }

    /// A leg goes when it is in no call, or media has let it go and none of its calls is told any
    /// more.
    fn forget(&mut self, id: LegId) {
        let is_over = self.legs.get(&id).is_some_and(|leg| {
            let is_done = leg.is_closed || leg.conns.is_empty();
            is_done && !leg.conns.iter().any(|conn| self.calls.contains_key(conn))
        });
        if !is_over {
            return;
        }
        let call_id = self.legs.remove(&id).and_then(|leg| leg.call_id);
        if let Some(call_id) = call_id
            && let Some(legs) = self.by_call_id.get_mut(&call_id)
        {
            legs.remove(&id);
            if legs.is_empty() {
                self.by_call_id.remove(&call_id);
            }
        }
    }

    fn story(&self, conn: ConnId, call: &Call, now_ms: u64) -> Story {
        let (ladder, left_out) = call.ladder();
        // Who calls comes before whom we call.
        let (called, callers): (Vec<_>, Vec<_>) =
            call.legs.iter().partition(|id| **id < LegId::FIRST_OFFERED);
        let legs = callers.into_iter().chain(called).filter_map(|id| {
            // The last figures come just after the end.
            Some(self.legs.get(id)?.story(*id, call.began_ms, now_ms))
        });
        Story {
            call_uuid: call.uuid.map(|uuid| uuid.to_string()).unwrap_or_default(),
            conn_id: conn.to_string(),
            began_ms: call.began_ms,
            ended_ms: call.ended_ms,
            ladder,
            left_out,
            legs: legs.collect(),
        }
    }
}

impl System for Stories {
    type Input = Input;
    type Output = Output;

    fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Closed(leg) => self.closed(now, leg),
            Input::Described { leg, is_ours, sdp } => {
                self.leg(now, leg).describe(now, is_ours, &sdp);
            }
            Input::Dialog { leg, call_id } => {
                let of_leg = &mut self.leg(now, leg).call_id;
                if of_leg.is_none() {
                    *of_leg = Some(call_id.clone());
                    self.by_call_id.entry(call_id).or_default().insert(leg);
                }
            }
            Input::Ended(conn) => self.ended(now, conn),
            Input::Line(line) => self.line(now, line),
            Input::Named { leg, name } => {
                self.leg(now, leg).name = Some(name);
            }
            Input::Quality { leg, quality } => self.measured(now, leg, quality),
            Input::Reached { leg, milestone, address } => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.reach(now, milestone, address);
                }
            }
        }
    }

    fn handle_timeout(&mut self, now: Now) {
        while let Some((_, leaving)) = self.leaving.front().filter(|(at, _)| *at <= now.instant) {
            let leaving = *leaving;
            self.leaving.pop_front();
            match leaving {
                Leaving::Call(conn) => self.write(now, conn),
                Leaving::Leg(id) => self.forget(id),
                Leaving::Unnamed(conn) => {
                    let call = self.calls.get(&conn);
                    if call.is_some_and(|call| call.uuid.is_none() && call.ended_ms.is_none()) {
                        self.leaving.push_back((now.instant + LINGER, leaving));
                    }
                }
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.leaving.front().map(|(at, _)| *at)
    }
}

/// The name of a leg's far end while it has no other.
pub const FAR_END: &str = "wire";
/// More than may be up at one time; beyond it the oldest story is written at once.
const CALLS_MAX: usize = 20_000;
/// Of a call that rings many phones the first ones.
const LEGS_MAX: usize = 40;
/// The last response to a BYE and the last figures come in that time.
const LINGER: Duration = Duration::from_secs(3);
/// An INVITE with its responses, before its call is there.
const WAITING_MAX: usize = 20;
