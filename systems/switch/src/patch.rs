//! Who hears whom: derived from what the parties do, and told to the shard where it changed.

use std::sync::Arc;

use model::{
    ConnId, LegId,
    media::{MediaCommand, Tune},
    prompt::{AnnouncementId, Prompt},
    request::MonitorMode,
};

use crate::{
    Switch,
    call::{Call, Party, State, Told},
};

/// What a leg was last told to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// These legs.
    Of(Vec<LegId>),
    /// A prompt, once.
    Prompt(AnnouncementId, Arc<Prompt>),
    /// A tune.
    Tune(Tune),
}

impl Switch {
    /// Lets every party of a call hear what it should.
    pub(crate) fn patch(&mut self, conn: ConnId) {
        self.touch(conn);
        self.patched.insert(conn);
        self.let_hear_after_conference(conn);
        let Some(call) = self.calls.get(&conn) else { return };
        let sounds: Vec<(LegId, Sound)> = call
            .parties
            .iter()
            .filter_map(|party| Some((party.leg(&self.dns)?, self.sound(call, party)?)))
            .collect();
        for (leg, sound) in sounds {
            if self.heard.get(&leg) == Some(&sound) {
                continue;
            }
            self.out.media(match &sound {
                Sound::Of(sources) => MediaCommand::Hear { leg, sources: sources.clone() },
                Sound::Prompt(announcement, prompt) => MediaCommand::Announce {
                    leg,
                    announcement: *announcement,
                    prompt: Arc::clone(prompt),
                },
                Sound::Tune(tune) => MediaCommand::Play { leg, tune: *tune },
            });
            self.heard.insert(leg, sound);
        }
    }

    /// Whoever was to hear nothing in a conference hears again once it is none, or once nobody of
    /// ours is left who could ask for it.
    fn let_hear_after_conference(&mut self, conn: ConnId) {
        let Some(call) = self.calls.get_mut(&conn) else { return };
        let along = || call.parties.iter().filter(|party| party.talks_along());
        if along().count() > 2 && along().any(Party::is_ours) {
            return;
        }
        for party in &mut call.parties {
            party.is_deaf = false;
        }
    }

    /// `None` where nothing is to be heard yet, or another call of the DN decides.
    fn sound(&self, call: &Call, party: &Party) -> Option<Sound> {
        match &party.state {
            State::Alerting(_) | State::Summoned(_) => None,
            State::Failed => Some(Sound::Tune(Tune::Silence)),
            State::Held => {
                let mut others = self.other_calls(call, &party.dn);
                let is_elsewhere = party.is_ours() && others.any(|(_, other)| !other.holds());
                (!is_elsewhere).then(|| Sound::Of(Vec::new()))
            }
            State::Originating(told) => self.while_waiting(call, *told),
            State::Talking => Some(self.while_talking(call, party)),
        }
    }

    fn while_waiting(&self, call: &Call, told: Told) -> Option<Sound> {
        if told < Told::EarlyMedia {
            return None;
        }
        if let Some((called, alerting)) = call.alerting() {
            if alerting.plays {
                return called.leg(&self.dns).map(|leg| Sound::Of(vec![leg]));
            }
            if alerting.has_rung {
                return Some(Sound::Tune(Tune::RingBack));
            }
        }
        let treatment = call.queue.as_ref().and_then(|queue| queue.treatment.as_ref());
        match (treatment, told) {
            (Some(treatment), _) => Some(treatment.sound()),
            (None, Told::Answered) => Some(Sound::Of(Vec::new())),
            // What was played last goes on until the next.
            (None, Told::EarlyMedia | Told::Nothing | Told::Ringing) => None,
        }
    }

    pub(crate) fn while_talking(&self, call: &Call, party: &Party) -> Sound {
        if party.is_deaf {
            return Sound::Of(Vec::new());
        }
        let audible =
            call.parties.iter().filter(|other| other.id != party.id && is_heard_by(other, party));
        let sources: Vec<LegId> = audible.filter_map(|other| other.leg(&self.dns)).collect();
        if !sources.is_empty() {
            return Sound::Of(sources);
        }
        let treatment = call.queue.as_ref().filter(|queue| queue.holds);
        if let Some(treatment) = treatment.and_then(|queue| queue.treatment.as_ref()) {
            return treatment.sound();
        }
        match call.alerting() {
            Some((called, alerting)) if alerting.plays => match called.leg(&self.dns) {
                Some(leg) => Sound::Of(vec![leg]),
                None => Sound::Tune(Tune::RingBack),
            },
            Some((_, alerting)) if alerting.has_rung => Sound::Tune(Tune::RingBack),
            Some(_) => Sound::Tune(Tune::Music),
            None => {
                // Somebody holds, or a page is awaited; or everybody else is muted.
                let is_left = |other: &&Party| match other.state {
                    State::Held => true,
                    State::Talking => other.leg(&self.dns).is_none(),
                    State::Alerting(_)
                    | State::Failed
                    | State::Originating(_)
                    | State::Summoned(_) => false,
                };
                match call.others(Some(party.id)).any(|other| is_left(&other)) {
                    true => Sound::Tune(Tune::Music),
                    false => Sound::Of(Vec::new()),
                }
            }
        }
    }
}

/// Whether one party of a call hears another.
fn is_heard_by(speaker: &Party, hearer: &Party) -> bool {
    if speaker.is_muted || !speaker.talks() {
        return false;
    }
    match &speaker.watch {
        None => true,
        Some(watch) => match watch.mode {
            MonitorMode::Connect => true,
            MonitorMode::Coach => hearer.is_ours() && hearer.dn == watch.target,
            MonitorMode::Mute => false,
        },
    }
}
