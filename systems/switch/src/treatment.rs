//! RequestApplyTreatment: what a caller at a route point hears, and what it is asked.
//!
//! Music, ring-back and silence go on until the next treatment or the routing. A prompt, an entry
//! of keys and a message end by themselves: EventTreatmentEnd says how (`Completion`) under their
//! request's reference. A caller who is asked something is answered first (200): carriers pass
//! keys and voice of an unanswered call on as they like.

use std::{sync::Arc, time::Duration};

use model::{
    ConnId, Dn, EventName, KvList, LegId, Now, TError,
    error::Refusal,
    leg::{LegCommand, Progress},
    media::Tune,
    prompt::{AnnouncementId, KEYS_MAX, KeyEntry, Prompt},
    recording::RecordingState,
    request::Treatment,
};

use crate::{
    Switch,
    call::{Call, PartyId, State, Told},
    outbox::Draft,
    patch::Sound,
    request::{Asker, AskerId},
    timers::Timer,
};

/// A treatment that goes on.
#[derive(Clone, Debug)]
pub struct Running {
    id: AnnouncementId,
    treatment: Treatment,
    asker: AskerId,
    phase: Phase,
    keys: String,
}

/// How far a treatment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its prompt is played, or its music.
    Playing,
    /// Keys are awaited, or what the caller says is recorded.
    Listening,
}

/// How a treatment ended: `Completion` in EventTreatmentEnd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Completion {
    /// The prompt or the recording was not possible.
    Failed,
    /// Another treatment or the routing took its place.
    Interrupted,
    /// As many keys as can be.
    MaxKeys,
    /// The prompt was played, the message spoken.
    Normal,
    /// A key that ends it.
    Terminator(char),
    /// No key came in time.
    TimedOut,
}

impl Running {
    /// What those who wait hear of it.
    pub fn sound(&self) -> Sound {
        match &self.treatment {
            Treatment::Music => Sound::Tune(Tune::Music),
            Treatment::RingBack => Sound::Tune(Tune::RingBack),
            Treatment::Silence => Sound::Tune(Tune::Silence),
            Treatment::Announcement(prompt)
            | Treatment::CollectDigits(prompt, _)
            | Treatment::RecordMessage { prompt, .. } => match self.phase {
                Phase::Playing => Sound::Prompt(self.id, Arc::clone(prompt)),
                Phase::Listening => Sound::Of(Vec::new()),
            },
        }
    }
}

impl Call {
    /// The mailbox, while its caller speaks a message.
    pub fn leaves_message_in(&self) -> Option<&str> {
        let running = self.queue.as_ref()?.treatment.as_ref()?;
        match &running.treatment {
            Treatment::RecordMessage { mailbox, .. } if running.phase == Phase::Listening => {
                Some(mailbox)
            }
            Treatment::Announcement(_)
            | Treatment::CollectDigits(..)
            | Treatment::Music
            | Treatment::RecordMessage { .. }
            | Treatment::RingBack
            | Treatment::Silence => None,
        }
    }

    fn running(&mut self) -> Option<&mut Running> {
        self.queue.as_mut()?.treatment.as_mut()
    }
}

impl Switch {
    /// Plays to the caller from now on. The first treatment turns ring-back into early media.
    pub(crate) fn apply_treatment(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        conn: ConnId,
        treatment: Treatment,
    ) -> Result<(), Refusal> {
        let call = self.part_of(conn, dn)?;
        if call.held_at() != Some(dn) || call.alerting().is_some() {
            let state = match call.alerting() {
                Some(_) => "ringing",
                None => call.state_in_words(dn, &self.dns),
            };
            return Err(Refusal::new(
                TError::InvalidCallState,
                format!(
                    "Call {conn} is {state}; a treatment is for calls that wait at a route point.",
                ),
            ));
        }
        check(&treatment)?;
        self.out.accept(asker.id);
        self.end_treatment(now, conn);
        match &treatment {
            Treatment::CollectDigits(..) | Treatment::RecordMessage { .. } => {
                self.answer_for_treatment(conn);
            }
            Treatment::Announcement(_)
            | Treatment::Music
            | Treatment::RingBack
            | Treatment::Silence => self.tell_waiting(conn, Progress::EarlyMedia),
        }
        let draft = Draft::new(EventName::TreatmentApplied, dn)
            .reference(Some(asker.id))
            .extensions(treatment_type(&treatment));
        let id = AnnouncementId(self.next_announcement);
        self.next_announcement += 1;
        let has_prompt = prompt(&treatment).is_some();
        let is_mute = prompt(&treatment).is_some_and(|prompt| prompt.pieces.is_empty());
        let running =
            Running { id, treatment, asker: asker.id, phase: Phase::Playing, keys: String::new() };
        if let Some(queue) = self.calls.get_mut(&conn).and_then(|call| call.queue.as_mut()) {
            queue.treatment = Some(running);
        }
        if !is_mute {
            self.patch(conn);
        }
        self.say(now, conn, draft);
        if is_mute {
            self.prompt_is_over(now, conn, None);
        } else if has_prompt {
            self.timers.set(Timer::Treatment(id), now.instant + PROMPT_MAX);
        }
        Ok(())
    }

    /// EventTreatmentEnd, when the caller hears a treatment that something takes the place of.
    pub(crate) fn end_treatment(&mut self, now: Now, conn: ConnId) {
        self.complete_treatment(now, conn, Completion::Interrupted, None);
    }

    /// A leg has heard a prompt to its end, or could not hear it.
    pub(crate) fn prompt_ended(
        &mut self,
        now: Now,
        leg: LegId,
        id: AnnouncementId,
        problem: Option<&str>,
    ) {
        let plays = |running: &mut Running| running.id == id && running.phase == Phase::Playing;
        for conn in self.calls_on(leg) {
            let Some(call) = self.calls.get_mut(&conn) else { continue };
            if call.running().is_some_and(plays) {
                self.prompt_is_over(now, conn, problem);
            }
        }
    }

    /// Whether a treatment waits for keys of this leg: then it takes this one.
    pub(crate) fn treatment_takes_key(&mut self, now: Now, leg: LegId, key: char) -> bool {
        let conns = self.calls_on(leg);
        let takes = |conn: &&ConnId| {
            let call = self.calls.get(conn).filter(|call| call.waits_for_route());
            let running = call.and_then(|call| call.queue.as_ref()?.treatment.as_ref());
            running.is_some_and(|running| match running.treatment {
                Treatment::CollectDigits(..) | Treatment::RecordMessage { .. } => true,
                Treatment::Announcement(_)
                | Treatment::Music
                | Treatment::RingBack
                | Treatment::Silence => false,
            })
        };
        let Some(conn) = conns.iter().find(takes).copied() else { return false };
        self.key_for_treatment(now, conn, key);
        true
    }

    /// The longest that a treatment may take is over.
    pub(crate) fn treatment_overdue(&mut self, now: Now, id: AnnouncementId) {
        let found = self.calls.values_mut().find_map(|call| {
            let running = call.running().filter(|running| running.id == id)?;
            let completion = match (&running.treatment, running.phase) {
                (Treatment::RecordMessage { .. }, Phase::Listening) => Completion::Normal,
                (_, Phase::Listening) => Completion::TimedOut,
                (_, Phase::Playing) => Completion::Failed,
            };
            Some((call.conn, completion))
        });
        if let Some((conn, completion)) = found {
            self.complete_treatment(now, conn, completion, None);
        }
    }

    fn key_for_treatment(&mut self, now: Now, conn: ConnId, key: char) {
        let Some(running) = self.calls.get_mut(&conn).and_then(Call::running) else { return };
        let is_playing = running.phase == Phase::Playing;
        let entry = match &running.treatment {
            Treatment::CollectDigits(_, entry) => entry.clone(),
            // Any key ends a message; during the prompt it begins one.
            Treatment::RecordMessage { .. } if is_playing => {
                return self.prompt_is_over(now, conn, None);
            }
            Treatment::RecordMessage { .. } => {
                return self.complete_treatment(now, conn, Completion::Terminator(key), None);
            }
            Treatment::Announcement(_)
            | Treatment::Music
            | Treatment::RingBack
            | Treatment::Silence => return,
        };
        if is_playing && !entry.barge_in {
            return;
        }
        let id = running.id;
        running.phase = Phase::Listening;
        if entry.ends_with.contains(key) {
            return self.complete_treatment(now, conn, Completion::Terminator(key), None);
        }
        running.keys.push(key);
        if running.keys.len() >= usize::from(entry.keys_max) {
            return self.complete_treatment(now, conn, Completion::MaxKeys, None);
        }
        self.timers.set(Timer::Treatment(id), now.instant + seconds(entry.next_s));
        if is_playing {
            self.patch(conn);
        }
    }

    /// What comes after a prompt: its end, keys, or the message.
    fn prompt_is_over(&mut self, now: Now, conn: ConnId, problem: Option<&str>) {
        let Some(running) = self.calls.get_mut(&conn).and_then(Call::running) else { return };
        let id = running.id;
        let limit = match &running.treatment {
            Treatment::CollectDigits(_, entry) => seconds(entry.first_s),
            Treatment::RecordMessage { limit_s, .. } => seconds(*limit_s),
            Treatment::Announcement(_)
            | Treatment::Music
            | Treatment::RingBack
            | Treatment::Silence => {
                let completion = match problem {
                    Some(_) => Completion::Failed,
                    None => Completion::Normal,
                };
                return self.complete_treatment(now, conn, completion, problem);
            }
        };
        // Whoever knows what to press or to say does so without the prompt, too.
        running.phase = Phase::Listening;
        self.timers.set(Timer::Treatment(id), now.instant + limit);
        self.patch(conn);
        let caller = self.speaker(conn);
        let records = self.calls.get(&conn).is_some_and(|call| call.leaves_message_in().is_some());
        if let Some(caller) = caller.filter(|_| records) {
            self.begin_tape(now, conn, caller, (true, None));
            self.patched.insert(conn);
        }
    }

    fn complete_treatment(
        &mut self,
        now: Now,
        conn: ConnId,
        completion: Completion,
        problem: Option<&str>,
    ) {
        let speaker = self.speaker(conn);
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let was_message = call.leaves_message_in().is_some();
        let Some((route_point, running)) = take_treatment(call) else { return };
        self.timers.cancel(&Timer::Treatment(running.id));
        let spoke = speaker.filter(|_| was_message);
        if let Some(dn) = spoke.and_then(|id| Some(self.seat(id)?.1.dn.clone())) {
            self.turn_tape(now, (conn, &dn), RecordingState::Off, None);
        }
        let ends_by_itself = prompt(&running.treatment).is_some();
        let extensions = match ends_by_itself {
            true => end_extensions(&running, completion, problem),
            false => treatment_type(&running.treatment),
        };
        let draft = Draft::new(EventName::TreatmentEnd, &route_point)
            .reference(Some(running.asker).filter(|_| ends_by_itself))
            .extensions(extensions);
        self.say(now, conn, draft);
        if completion != Completion::Interrupted {
            self.patch(conn);
        }
    }

    /// Whoever waits in a call and is asked.
    fn speaker(&self, conn: ConnId) -> Option<PartyId> {
        let call = self.calls.get(&conn)?;
        let waits = |state: &State| matches!(state, State::Originating(_) | State::Talking);
        call.parties.iter().find(|party| waits(&party.state)).map(|party| party.id)
    }

    /// 200 to those who wait: they go on waiting, but their keys and their voice come through.
    fn answer_for_treatment(&mut self, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        for party in &mut call.parties {
            if let State::Originating(told) = &mut party.state
                && *told < Told::Answered
                && let Some(leg) = party.place.leg_of(&party.dn, &self.dns)
            {
                *told = Told::Answered;
                self.out.leg(LegCommand::Answer { leg });
            }
        }
    }
}

fn take_treatment(call: &mut Call) -> Option<(Dn, Running)> {
    let queue = call.queue.as_mut()?;
    Some((queue.route_point.clone(), queue.treatment.take()?))
}

/// Entries that can't end and messages without a limit are refused.
fn check(treatment: &Treatment) -> Result<(), Refusal> {
    let is_possible = match treatment {
        Treatment::CollectDigits(_, entry) => {
            let KeyEntry { keys_max, first_s, next_s, .. } = entry;
            (1..=KEYS_MAX).contains(keys_max)
                && (1..=KEY_S_MAX).contains(first_s)
                && (1..=KEY_S_MAX).contains(next_s)
        }
        Treatment::RecordMessage { limit_s, mailbox, .. } => {
            (1..=MESSAGE_S_MAX).contains(limit_s) && !mailbox.is_empty()
        }
        Treatment::Announcement(prompt) => !prompt.pieces.is_empty(),
        Treatment::Music | Treatment::RingBack | Treatment::Silence => true,
    };
    let why = || {
        format!(
            "The treatment's parameters can't be used: 1 to {KEYS_MAX} keys, 1 to {KEY_S_MAX} s \
             for each, messages of 1 to {MESSAGE_S_MAX} s with a mailbox, announcements that say \
             something."
        )
    };
    is_possible.then_some(()).ok_or_else(|| Refusal::new(TError::InvalidAttribute, why()))
}

fn prompt(treatment: &Treatment) -> Option<&Prompt> {
    match treatment {
        Treatment::Announcement(prompt)
        | Treatment::CollectDigits(prompt, _)
        | Treatment::RecordMessage { prompt, .. } => Some(prompt),
        Treatment::Music | Treatment::RingBack | Treatment::Silence => None,
    }
}

/// AttributeTreatmentType with T-Library's numbers, among the Extensions.
fn treatment_type(treatment: &Treatment) -> KvList {
    let number = match treatment {
        Treatment::Music => 2,
        Treatment::RingBack => 3,
        Treatment::Silence => 4,
        Treatment::Announcement(_) => 7,
        Treatment::CollectDigits(..) => 8,
        Treatment::RecordMessage { .. } => 10,
    };
    KvList::new().with("TreatmentType", number)
}

fn end_extensions(running: &Running, completion: Completion, problem: Option<&str>) -> KvList {
    let mut extensions = treatment_type(&running.treatment).with("Completion", completion.as_str());
    if let Treatment::CollectDigits(..) = running.treatment {
        extensions.attach("CollectedDigits", running.keys.as_str());
        if let Completion::Terminator(key) = completion {
            extensions.attach("LastCollectedDigit", key.to_string());
        }
    }
    if let Some(problem) = problem {
        extensions.attach("Problem", problem);
    }
    extensions
}

impl Completion {
    fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::MaxKeys => "max-keys",
            Self::Normal => "normal",
            Self::Terminator(_) => "terminator",
            Self::TimedOut => "timed-out",
        }
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}

/// The longest wait for a key.
const KEY_S_MAX: u32 = 120;
/// The longest message.
const MESSAGE_S_MAX: u32 = 1800;
/// A prompt whose end is not told counts as failed after this.
const PROMPT_MAX: Duration = Duration::from_secs(600);
