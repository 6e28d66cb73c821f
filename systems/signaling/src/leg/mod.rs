//! Legs: one SIP dialog and one media stream with one endpoint. Together they make a back-to-back
//! user agent; which leg belongs to which other is the switch's knowledge alone.

pub(crate) mod acknowledge;
pub(crate) mod carrier;
pub(crate) mod close;
pub(crate) mod early;
pub(crate) mod held;
pub(crate) mod in_dialog;
pub(crate) mod incoming;
pub(crate) mod info;
pub(crate) mod offer;
pub(crate) mod outgoing;
pub(crate) mod provisional;
pub(crate) mod refer;
pub(crate) mod session;
pub(crate) mod talk;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use model::{
    Dn, LegId,
    leg::{FIRST_OFFERED_LEG, LegSource, Progress},
    media::LegKind,
};
use wire_sip::{HeaderName, Message};

use self::{
    carrier::Carrier, early::Early, provisional::Reliability, refer::Refer, session::Session,
};
use crate::{dialog::Dialog, outlet::Hop, transaction::TransactionId};

/// All legs.
#[derive(Debug)]
pub(crate) struct Legs {
    all: BTreeMap<LegId, Leg>,
    /// By Call-ID and our own tag.
    by_dialog: BTreeMap<(String, String), LegId>,
    next: u64,
    /// DNs whose legs came or went.
    touched: Vec<Dn>,
}

/// One leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub id: LegId,
    pub dialog: Dialog,
    /// Whose phone this is; `None` for a trunk.
    pub dn: Option<Dn>,
    pub kind: LegKind,
    /// Whether media has the leg: it is closed exactly once.
    pub has_media: bool,
    /// What media was asked and has not described or refused yet, in order.
    pub asked: VecDeque<Asked>,
    /// Our SDP as last described.
    pub local_sdp: Option<Vec<u8>>,
    /// The far end's SDP as last received.
    pub remote_sdp: Option<Vec<u8>>,
    /// Whether the far end takes UPDATE.
    pub allows_update: bool,
    pub session: Session,
    pub stage: Stage,
}

/// What a description from media is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The leg's first description.
    Open,
    /// Nothing: the far end's answer was handed over as an offer.
    Quiet,
    /// The response to this request of the far end.
    Reply(TransactionId),
}

/// How far a leg is.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Over for the switch; SIP has to be brought to its end.
    Closing(Closing),
    Confirmed(Confirmed),
    /// The far end's INVITE is not finally answered.
    Incoming(Incoming),
    /// Our INVITE is not finally answered.
    Outgoing(Outgoing),
}

/// The far end calls.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub invite: TransactionId,
    /// What the switch is told once media is described; `None` when it was told.
    pub unannounced: Option<Announcement>,
    /// The INVITE had no SDP, so ours is the offer.
    pub is_offerless: bool,
    /// Our offer was answered in a PRACK.
    pub is_answered_early: bool,
    /// The switch answered, but a reliable response with SDP waits for its PRACK
    /// (RFC 3262 3: no 2xx before).
    pub wants_answer: bool,
    /// What the caller was told last.
    pub progress: Option<Progress>,
    pub reliability: Reliability,
}

/// The switch's view of a new call.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub source: LegSource,
    pub ani: String,
    pub name: Option<String>,
    pub dnis: String,
}

/// We call a phone.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// `None` until media described the leg.
    pub invite: Option<TransactionId>,
    /// A provisional response came, so that CANCEL may be sent.
    pub has_provisional: bool,
    /// The switch knows that it rings.
    pub is_ringing: bool,
    /// The dialogs that provisional responses opened, in their order.
    pub early: Vec<Early>,
    pub talk: Talk,
    /// Headers of the INVITE that only it has.
    pub identity: Option<String>,
    /// The caller wants to be known by nobody.
    pub is_withheld: bool,
    pub resume: bool,
    /// The Min-SE of a 422.
    pub min_se: Option<u32>,
    /// The INVITE is put off until the phone's earlier call is taken back.
    pub awaits_turn: bool,
    /// For a call by a trunk.
    pub carrier: Option<Carrier>,
}

/// Whether the phone is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    No,
    /// It was told.
    Told,
    /// It will be told as soon as there is an early dialog.
    Wanted,
}

/// The call is up.
#[derive(Debug, Default)]
pub(crate) struct Confirmed {
    /// Our 2xx that waits for its ACK.
    pub unacknowledged: Option<Unacknowledged>,
    /// The far end's re-INVITE that is being answered.
    pub reinvite: Option<TransactionId>,
    /// An UPDATE or INVITE of ours is on its way.
    pub is_refreshing: bool,
    /// The far end's REFER that the switch carries out.
    pub refer: Option<Refer>,
    /// Our last ACK, for repetitions of its 2xx.
    pub ack: Option<(Message, Hop)>,
}

/// A 2xx that is repeated until its ACK comes.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    pub cseq: u32,
    pub response: Message,
    pub hop: Hop,
    pub interval: Duration,
    pub give_up: Instant,
    /// Whether the ACK must bring the answer to our offer.
    pub wants_sdp: bool,
    /// Whether that answer is the first of the leg.
    pub is_first: bool,
}

/// What is left to do when nobody cares any more.
#[derive(Debug)]
pub(crate) enum Closing {
    /// Our INVITE is cancelled, or will be at its first provisional response (RFC 3261 9.1).
    Cancelling { invite: TransactionId, is_cancelled: bool, reason: String },
    /// Our 2xx is not acknowledged; BYE follows the ACK (RFC 3261 15).
    Unacknowledged { waiting: Unacknowledged, reason: String },
}

impl Legs {
    pub fn new() -> Self {
        Self {
            all: BTreeMap::new(),
            by_dialog: BTreeMap::new(),
            next: FIRST_OFFERED_LEG,
            touched: Vec::new(),
        }
    }

    /// An id for a leg that comes in.
    pub fn draw_id(&mut self) -> LegId {
        while self.all.contains_key(&LegId(self.next)) {
            self.next += 1;
        }
        self.next += 1;
        LegId(self.next - 1)
    }

    pub fn insert(&mut self, leg: Leg) {
        self.by_dialog.insert((leg.dialog.call_id.clone(), leg.dialog.local_tag.clone()), leg.id);
        self.touched.extend(leg.dn.clone());
        self.all.insert(leg.id, leg);
    }

    pub fn remove(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.all.remove(&id)?;
        self.by_dialog.remove(&(leg.dialog.call_id.clone(), leg.dialog.local_tag.clone()));
        self.touched.extend(leg.dn.clone());
        Some(leg)
    }

    /// DNs whose legs came, went or were released since the last time.
    pub fn take_touched(&mut self) -> Vec<Dn> {
        std::mem::take(&mut self.touched)
    }

    /// A leg is over for its user, and lives on for SIP alone.
    pub fn lingers(&mut self, id: LegId) {
        self.touched.extend(self.all.get(&id).and_then(|leg| leg.dn.clone()));
    }

    pub fn get(&self, id: LegId) -> Option<&Leg> {
        self.all.get(&id)
    }

    pub fn get_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.all.get_mut(&id)
    }

    /// The leg of a request inside a dialog.
    pub fn find(&self, request: &Message) -> Option<LegId> {
        let remote = request.from_tag().unwrap_or_default();
        self.by_tags(request.call_id(), request.to_tag()?, remote).map(|leg| leg.id)
    }

    /// The leg of a dialog, named from our side.
    pub fn by_tags(&self, call_id: &str, local: &str, remote: &str) -> Option<&Leg> {
        let id = self.by_dialog.get(&(call_id.to_owned(), local.to_owned()))?;
        self.all.get(id).filter(|leg| leg.dialog.is_peer(Some(remote)))
    }

    /// The legs of a Call-ID.
    pub fn by_call_id(&self, call_id: &str) -> impl Iterator<Item = LegId> {
        let from = (call_id.to_owned(), String::new());
        let all = self.by_dialog.range(from..);
        let end = call_id.to_owned();
        all.take_while(move |((call_id, _), _)| *call_id == end).map(|(_, leg)| *leg)
    }

    pub fn count(&self) -> usize {
        self.all.len()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Leg> {
        self.all.values_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Leg> {
        self.all.values()
    }
}

impl Leg {
    /// Whether the switch knows the leg and has not heard its last fact.
    pub fn is_live(&self) -> bool {
        match &self.stage {
            Stage::Closing(_) => false,
            Stage::Confirmed(_) | Stage::Outgoing(_) => true,
            Stage::Incoming(incoming) => incoming.unannounced.is_none(),
        }
    }

    /// Notes what the far end can do, as one of its messages says.
    pub fn note_abilities(&mut self, message: &Message) {
        if message.header(HeaderName::Allow).is_some() {
            self.allows_update = message.has_token(HeaderName::Allow, "UPDATE");
        }
    }
}

/// The SDP of a message, if it has any.
pub(crate) fn sdp_of(message: &Message) -> Option<Vec<u8>> {
    let is_sdp = message.content_type().is_some_and(|kind| kind.is(SDP));
    (is_sdp && !message.body().is_empty()).then(|| message.body().to_vec())
}

/// The media type of SDP.
pub(crate) const SDP: &str = "application/sdp";
