//! Recording: whose part of a call is recorded, and whom each channel hears.
//!
//! - A recording belongs to a party and ends with its part of the call. An agent's has the others
//!   left and the agent right; a caller's (asked for by the router) has the caller left.
//! - What a party does not hear of itself is not recorded either: while it holds both channels are
//!   silent, while it is muted its own is, and a supervisor's whispers are on none.
//! - What the site wants recorded (option `record=always`, the router's `record`) can be paused,
//!   for card numbers, but not stopped.

use std::sync::Arc;

use model::{
    Capability, ConnId, Dn, DnRole, EventName, KvList, KvValue, LegId, Now, TError,
    config::{DnKind, DnRecord},
    error::Refusal,
    media::MediaCommand,
    recording::{RecordCommand, RecordingAbout, RecordingFact, RecordingId, RecordingState},
    request::MonitorMode,
};

use crate::{
    Switch,
    call::{Call, Party, PartyId, State},
    outbox::Draft,
    patch::Sound,
    request::{Asker, AskerId},
};

/// A party's recording.
#[derive(Clone, Copy, Debug)]
pub struct Tape {
    /// Its name.
    pub id: RecordingId,
    /// Whether it goes on.
    pub state: RecordingState,
    /// Whether the site wants it, whoever asks otherwise.
    pub is_rule: bool,
}

impl Tape {
    /// Whether it has not ended.
    pub fn runs(&self) -> bool {
        matches!(self.state, RecordingState::On | RecordingState::Paused)
    }
}

/// Whom a recording's channels hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    left: Vec<LegId>,
    right: Vec<LegId>,
}

/// `record` in RouteCall's Extensions: whose part the router wants recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteRecord {
    /// The target's.
    Destination,
    /// Not the target's, whatever its DN says.
    DisableDestination,
    /// The caller's, to its end, whoever it talks to.
    Source,
}

impl RouteRecord {
    /// Reads the request's Extensions.
    pub fn of(asker: &Asker) -> Result<Option<Self>, Refusal> {
        match asker.extensions.value("record") {
            None => Ok(None),
            Some(KvValue::Str(word)) if word == "destination" => Ok(Some(Self::Destination)),
            Some(KvValue::Str(word)) if word == "disable_destination" => {
                Ok(Some(Self::DisableDestination))
            }
            Some(KvValue::Str(word)) if word == "source" => Ok(Some(Self::Source)),
            Some(_) => Err(Refusal::new(
                TError::InvalidAttribute,
                "record in Extensions is none of destination, source and disable_destination.",
            )),
        }
    }

    /// What it says of the target's part.
    pub fn of_target(self) -> Option<bool> {
        match self {
            Self::Destination => Some(true),
            Self::DisableDestination => Some(false),
            Self::Source => None,
        }
    }
}

impl Switch {
    /// Records this party's part of the call from now on.
    pub(crate) fn start_recording(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        let call = self.allow(Capability::StartRecording, dn, conn)?;
        let Some(id) = call.ours(dn).map(|party| party.id) else { return Ok(()) };
        self.out.accept(asker.id);
        self.begin_tape(now, conn, id, (false, Some(asker.id)));
        self.patched.insert(conn);
        Ok(())
    }

    /// Ends a recording that somebody asked for.
    pub(crate) fn stop_recording(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<(), Refusal> {
        self.allow(Capability::StopRecording, dn, conn)?;
        self.out.accept(asker.id);
        self.turn_tape(now, (conn, dn), RecordingState::Off, Some(asker.id));
        Ok(())
    }

    /// Leaves a gap in a recording, or goes on after one.
    pub(crate) fn pause_recording(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        is_paused: bool,
    ) -> Result<(), Refusal> {
        let (what, state) = match is_paused {
            true => (Capability::PauseRecording, RecordingState::Paused),
            false => (Capability::ResumeRecording, RecordingState::On),
        };
        self.allow(what, dn, conn)?;
        self.out.accept(asker.id);
        self.turn_tape(now, (conn, dn), state, Some(asker.id));
        Ok(())
    }

    /// Whoever writes files could not go on.
    pub(crate) fn handle_recording(&mut self, now: Now, fact: &RecordingFact) {
        let RecordingFact::Failed { recording, .. } = fact;
        let is_it =
            |party: &Party| party.tape.is_some_and(|tape| tape.id == *recording && tape.runs());
        let found = self.calls.values().find_map(|call| {
            let party = call.parties.iter().find(|party| is_it(party))?;
            Some((call.conn, party.dn.clone()))
        });
        if let Some((conn, dn)) = found {
            self.turn_tape(now, (conn, &dn), RecordingState::Failed, None);
        }
    }

    /// What the DN's option says.
    pub(crate) fn record_rule(&self, dn: &Dn) -> DnRecord {
        match self.configuration.dns.get(dn).map(|object| &object.kind) {
            Some(DnKind::Extension { record, .. }) => *record,
            Some(DnKind::RoutePoint { .. } | DnKind::VirtualQueue) | None => DnRecord::Never,
        }
    }

    /// The router wants the caller's part recorded.
    pub(crate) fn record_caller(&mut self, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let caller = |party: &&mut Party| party.role == DnRole::Origination;
        if let Some(party) = call.parties.iter_mut().find(caller) {
            party.record = Some(true);
        }
    }

    /// Begins the recordings that are due in a call, and lets those that run hear what they
    /// should.
    pub(crate) fn mind_tapes(&mut self, now: Now, conn: ConnId) {
        let Some(call) = self.calls.get(&conn) else { return };
        let due: Vec<PartyId> = call
            .parties
            .iter()
            .filter(|party| party.tape.is_none() && self.is_to_be_taped(call, party))
            .map(|party| party.id)
            .collect();
        for id in due {
            self.begin_tape(now, conn, id, (true, None));
        }
        let Some(call) = self.calls.get(&conn) else { return };
        let wanted: Vec<(RecordingId, Channels)> = call
            .parties
            .iter()
            .filter_map(|party| {
                let tape = party.tape.filter(Tape::runs)?;
                Some((tape.id, self.channels(call, party)))
            })
            .collect();
        for (recording, channels) in wanted {
            if self.taped.get(&recording) == Some(&channels) {
                continue;
            }
            let Channels { left, right } = channels.clone();
            let hear = RecordCommand::Hear { recording, left, right };
            self.out.media(MediaCommand::Record(hear));
            self.taped.insert(recording, channels);
        }
    }

    /// A party leaves: its recording ends with it.
    pub(crate) fn stop_tape(&mut self, party: &Party) {
        if let Some(tape) = party.tape.filter(Tape::runs) {
            self.taped.remove(&tape.id);
            self.out.media(MediaCommand::Record(RecordCommand::Stop(tape.id)));
        }
    }

    /// Whether somebody talks to it, and the site wants that kept.
    fn is_to_be_taped(&self, call: &Call, party: &Party) -> bool {
        let mut others = call.others(Some(party.id));
        let talks = party.talks() && party.watch.is_none();
        if !talks || !others.any(Party::talks_along) {
            return false;
        }
        match self.record_rule(&party.dn) {
            DnRecord::Never if party.is_ours() => false,
            DnRecord::Always => party.record.unwrap_or(true),
            DnRecord::Never | DnRecord::OnDemand => party.record.unwrap_or(false),
        }
    }

    pub(crate) fn begin_tape(
        &mut self,
        now: Now,
        conn: ConnId,
        party: PartyId,
        (is_rule, asker): (bool, Option<AskerId>),
    ) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        call.tapes += 1;
        let id = RecordingId { call: call.uuid, part: call.tapes };
        let Some(party) = call.party_mut(party) else { return };
        party.tape = Some(Tape { id, state: RecordingState::On, is_rule });
        let (dn, party) = (party.dn.clone(), party.id);
        let Some(call) = self.calls.get(&conn) else { return };
        let other = call.others(Some(party)).find(|other| other.is_in());
        let about = RecordingAbout {
            id,
            conn,
            agent: self.dns.agent(&dn).map(|agent| agent.id.clone()),
            call_type: call.call_type,
            ani: call.caller.number.clone(),
            dnis: call.dnis.clone(),
            other: other.map(|other| other.dn.to_string()).unwrap_or_default(),
            mailbox: call.leaves_message_in().map(str::to_owned),
            started: now,
            dn: dn.clone(),
        };
        self.out.media(MediaCommand::Record(RecordCommand::Start(Arc::new(about))));
        // Nobody is heard yet; that is said right after.
        self.taped.insert(id, Channels::default());
        self.say_recording(now, conn, &dn, asker);
    }

    pub(crate) fn turn_tape(
        &mut self,
        now: Now,
        (conn, dn): (ConnId, &Dn),
        state: RecordingState,
        asker: Option<AskerId>,
    ) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let party = call.parties.iter_mut().find(|party| party.dn == *dn);
        let Some(tape) = party.and_then(|party| party.tape.as_mut()) else { return };
        tape.state = state;
        let id = tape.id;
        let command = match state {
            RecordingState::Failed | RecordingState::Off => {
                self.taped.remove(&id);
                RecordCommand::Stop(id)
            }
            RecordingState::On => RecordCommand::Resume(id),
            RecordingState::Paused => RecordCommand::Pause(id),
        };
        self.out.media(MediaCommand::Record(command));
        self.say_recording(now, conn, dn, asker);
    }

    /// Tells the party itself; of a caller's recording every phone of ours in the call.
    fn say_recording(&mut self, now: Now, conn: ConnId, of: &Dn, asker: Option<AskerId>) {
        let Some(call) = self.calls.get(&conn) else { return };
        let party = call.parties.iter().find(|party| party.dn == *of);
        let Some(party) = party else { return };
        let Some(tape) = party.tape else { return };
        let told: Vec<Dn> = match party.is_ours() {
            true => vec![of.clone()],
            false => {
                let phones = call.parties.iter().filter(|party| party.is_told());
                phones.map(|party| party.dn.clone()).collect()
            }
        };
        for dn in told {
            let extensions = KvList::new()
                .with("RecordingState", tape.state.as_str())
                .with("RecordingDN", of.as_str())
                .with("GSIP_REC_FN", tape.id.to_string());
            let reference = asker.filter(|_| dn == *of);
            let draft = Draft::new(EventName::PrivateInfo, &dn);
            self.say(now, conn, draft.reference(reference).extensions(extensions));
        }
    }

    fn channels(&self, call: &Call, party: &Party) -> Channels {
        if let State::Originating(_) = party.state {
            // Whoever leaves a message is alone with it.
            let own = party.leg(&self.dns).into_iter().collect();
            return Channels { left: own, right: Vec::new() };
        }
        if !party.talks() {
            return Channels::default();
        }
        let is_whisper = |leg: &LegId| {
            let speaker = call.parties.iter().find(|other| other.leg(&self.dns) == Some(*leg));
            let watch = speaker.and_then(|speaker| speaker.watch.as_ref());
            watch.is_some_and(|watch| watch.mode != MonitorMode::Connect)
        };
        let own = party.leg(&self.dns).filter(|_| !party.is_muted).into_iter().collect();
        let others = match self.while_talking(call, party) {
            Sound::Of(legs) => legs.into_iter().filter(|leg| !is_whisper(leg)).collect(),
            Sound::Prompt(..) | Sound::Tune(_) => Vec::new(),
        };
        match party.is_ours() {
            true => Channels { left: others, right: own },
            false => Channels { left: own, right: others },
        }
    }
}
