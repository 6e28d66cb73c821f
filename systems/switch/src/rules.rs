//! What may be asked of a call, by whom and when: the only place that says so. Requests are
//! checked here, and what an event offers as capabilities is what would be accepted.

use model::{
    Capabilities, Capability, ConnId, Dn, TError, config::DnRecord, error::Refusal,
    recording::RecordingState, request::MonitorMode,
};

use crate::{
    Switch,
    call::{Call, Party, State, Told},
};

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum No {
    /// The call is doing something else.
    State,
    /// It is being done.
    Already,
    /// The phone is gone and awaited.
    PhoneGone,
    /// Another call of the DN is in the way.
    SecondCall,
    /// There is no other call to do it with.
    SingleCall,
    /// Nobody is left to do it to.
    Alone,
    /// The site decided over it.
    Site,
}

impl Switch {
    /// Checks a request: that the DN has a part in the call and may ask this of it now.
    pub(crate) fn allow(&self, what: Capability, dn: &Dn, conn: ConnId) -> Result<&Call, Refusal> {
        let call = self.part_of(conn, dn)?;
        match self.may(what, call, dn) {
            Ok(()) => Ok(call),
            Err(no) => Err(self.refusal(no, what, call, dn)),
        }
    }

    /// As [`allow`](Self::allow), for a phone that takes its held call back with what it asks.
    pub(crate) fn allow_from_hold(
        &self,
        what: Capability,
        dn: &Dn,
        conn: ConnId,
    ) -> Result<&Call, Refusal> {
        let call = self.part_of(conn, dn)?;
        let may = match call.ours(dn).filter(|party| party.holds()) {
            Some(party) => self.may_talking(what, call, party),
            None => self.may(what, call, dn),
        };
        may.map(|()| call).map_err(|no| self.refusal(no, what, call, dn))
    }

    /// Everything that would be accepted.
    pub(crate) fn capabilities(&self, call: &Call, dn: &Dn) -> Capabilities {
        Capability::ALL.iter().copied().filter(|one| self.may(*one, call, dn).is_ok()).collect()
    }

    /// The call, when `dn` has a part in it.
    pub(crate) fn part_of(&self, conn: ConnId, dn: &Dn) -> Result<&Call, Refusal> {
        self.calls.get(&conn).filter(|call| call.has_part(dn)).ok_or_else(|| {
            Refusal::new(
                TError::InvalidConnId,
                format!(
                    "There is no call {conn} at {dn}. The call has ended or went elsewhere; ask \
                     for the calls that are up and try again with one of them."
                ),
            )
        })
    }

    fn may(&self, what: Capability, call: &Call, dn: &Dn) -> Result<(), No> {
        use Capability as C;
        let Some(party) = call.ours(dn) else {
            return match what {
                C::AttachUserData | C::ClearCall | C::ReleaseCall => Ok(()),
                _ => Err(No::State),
            };
        };
        if party.watch.is_some() {
            return may_listener(what, party);
        }
        match (what, &party.state) {
            (C::AttachUserData | C::ClearCall | C::ReleaseCall, _) => Ok(()),
            (C::AnswerCall, State::Alerting(alerting)) => {
                if_ok(alerting.answer.is_none() && !alerting.answers_itself, No::Already)
            }
            (C::RedirectCall, State::Alerting(_)) => Ok(()),
            (C::AnswerCall | C::RedirectCall, _) => Err(No::State),
            (C::RetrieveCall, State::Talking) => Err(No::State),
            (
                C::PauseRecording | C::ResumeRecording | C::StartRecording | C::StopRecording,
                State::Held | State::Talking,
            ) => self.may_record(what, party),
            (C::SendDtmf, State::Originating(Told::Answered)) => {
                if_ok(call.alerting().is_some(), No::Alone)
            }
            (C::ReconnectCall, State::Failed | State::Originating(Told::Answered)) => {
                self.may_with_other(what, call, dn)
            }
            (C::CompleteTransfer, State::Originating(Told::Answered)) if call.waits_for_route() => {
                self.may_with_other(what, call, dn)
            }
            (_, State::Held) => self.may_held(what, call, dn),
            (_, State::Talking) => self.may_talking(what, call, party),
            (
                _,
                State::Alerting(_) | State::Failed | State::Originating(_) | State::Summoned(_),
            ) => Err(No::State),
        }
    }

    fn may_record(&self, what: Capability, party: &Party) -> Result<(), No> {
        let tape = party.tape.as_ref();
        let state = tape.map(|tape| tape.state);
        let runs = matches!(state, Some(RecordingState::On | RecordingState::Paused));
        match what {
            Capability::StartRecording => {
                if_ok(!runs, No::Already)?;
                if_ok(self.record_rule(&party.dn) != DnRecord::Never, No::Site)
            }
            Capability::StopRecording => {
                if_ok(runs, No::State)?;
                if_ok(!tape.is_some_and(|tape| tape.is_rule), No::Site)
            }
            Capability::PauseRecording => if_ok(state == Some(RecordingState::On), No::State),
            _ => if_ok(state == Some(RecordingState::Paused), No::State),
        }
    }

    fn may_talking(&self, what: Capability, call: &Call, party: &Party) -> Result<(), No> {
        use Capability as C;
        let dn = &party.dn;
        if self.dns.leg(dn).is_none() {
            return Err(No::PhoneGone);
        }
        let others = call.others(Some(party.id)).filter(|other| other.talks_along()).count();
        let deaf = call.parties.iter().filter(|party| party.talks_along() && party.is_deaf).count();
        match what {
            C::HoldCall | C::SendDtmf => match others {
                0 => Err(No::Alone),
                _ => Ok(()),
            },
            C::SetMuteOn => if_ok(!party.is_muted, No::Already),
            C::SetMuteOff => if_ok(party.is_muted, No::Already),
            C::InitiateConference
            | C::InitiateTransfer
            | C::MuteTransfer
            | C::SingleStepConference
            | C::SingleStepTransfer => {
                if_ok(self.dns.calls(dn).len() == 1, No::SecondCall)?;
                if_ok(call.alerting().is_none() && call.held_at().is_none(), No::State)?;
                let has_room = call.parties.len() < PARTIES_MAX;
                if_ok(what != C::SingleStepConference || has_room, No::SecondCall)?;
                if_ok(others > 0, No::Alone)
            }
            C::DeleteFromConference => {
                if_ok(others > 1 || call.parties.iter().any(Party::is_invited), No::Alone)
            }
            C::ListenDisconnect => if_ok(others > 1 && deaf < others, No::Alone),
            C::ListenReconnect => if_ok(deaf > 0, No::State),
            C::AlternateCall
            | C::CompleteConference
            | C::CompleteTransfer
            | C::MergeCalls
            | C::ReconnectCall => self.may_with_other(what, call, dn),
            C::AnswerCall
            | C::AttachUserData
            | C::ClearCall
            | C::RedirectCall
            | C::PauseRecording
            | C::ReleaseCall
            | C::ResumeRecording
            | C::RetrieveCall
            | C::StartRecording
            | C::StopRecording => Err(No::State),
        }
    }

    fn may_held(&self, what: Capability, call: &Call, dn: &Dn) -> Result<(), No> {
        use Capability as C;
        if self.dns.leg(dn).is_none() {
            return Err(No::PhoneGone);
        }
        match what {
            C::RetrieveCall => {
                let all_held = self.other_calls(call, dn).all(|(_, party)| party.holds());
                if_ok(all_held, No::SecondCall)
            }
            C::AlternateCall
            | C::CompleteConference
            | C::CompleteTransfer
            | C::MergeCalls
            | C::ReconnectCall => self.may_with_other(what, call, dn),
            _ => Err(No::State),
        }
    }

    /// What takes two calls: one held, one up.
    fn may_with_other(&self, what: Capability, call: &Call, dn: &Dn) -> Result<(), No> {
        let (other, its_party) = self.other_calls(call, dn).next().ok_or(No::SingleCall)?;
        let party = call.ours(dn).ok_or(No::State)?;
        let (held, current, active) = match (party.holds(), its_party.holds()) {
            (true, false) => (call, other, its_party),
            (false, true) => (other, call, party),
            (true, true) | (false, false) => return Err(No::State),
        };
        if what == Capability::AlternateCall {
            return if_ok(matches!(active.state, State::Talking), No::State);
        }
        let consults = |second: &Call, first: &Call| {
            let made_by = second.consult.as_ref();
            made_by.is_some_and(|consult| consult.parent == first.conn && consult.by == *dn)
        };
        let is_first_held = consults(current, held);
        // Whoever went back to the first call for a word may complete from there too.
        let may_be_swapped = what != Capability::ReconnectCall && consults(held, current);
        let is_consultation = is_first_held || may_be_swapped;
        // What belongs together is completed, the rest is merged.
        if_ok(is_consultation != (what == Capability::MergeCalls), No::SingleCall)?;
        if what == Capability::ReconnectCall {
            return Ok(());
        }
        // Whoever was put on hold may be left at a route point, before somebody is found there.
        let is_sent_on = what == Capability::CompleteTransfer
            && current.waits_for_route()
            && held.alerting().is_none();
        if_ok(is_sent_on || matches!(active.state, State::Talking), No::State)?;
        // Somebody has to be there on both sides, and no strategy that might send them elsewhere.
        for call in if is_sent_on { vec![held] } else { vec![held, current] } {
            let mut others = call.others(call.ours(dn).map(|party| party.id));
            if_ok(others.any(Party::talks_along), No::Alone)?;
            if_ok(call.held_at().is_none(), No::State)?;
        }
        let fits = held.parties.len() + current.parties.len() - 1 <= PARTIES_MAX;
        if_ok(what == Capability::CompleteTransfer || fits, No::SecondCall)
    }

    /// The DN's other calls, with its party in each.
    pub(crate) fn other_calls<'a>(
        &'a self,
        call: &'a Call,
        dn: &'a Dn,
    ) -> impl Iterator<Item = (&'a Call, &'a Party)> {
        let others = self.dns.calls(dn).iter().filter(|conn| **conn != call.conn);
        others.filter_map(|conn| {
            let call = self.calls.get(conn)?;
            Some((call, call.ours(dn)?))
        })
    }

    fn refusal(&self, no: No, what: Capability, call: &Call, dn: &Dn) -> Refusal {
        let (conn, name) = (call.conn, what.as_str());
        let state = call.state_in_words(dn, &self.dns);
        let (error, text) = match (no, what) {
            (No::State, Capability::AnswerCall) => (
                TError::InvalidCallState,
                format!(
                    "Call {conn} does not ring at {dn}: it is {state}. Only a ringing call can be \
                     answered."
                ),
            ),
            (No::State, _) => (
                TError::InvalidCallState,
                format!("{name} can't be done to call {conn}, which is {state} at {dn}."),
            ),
            (No::Already, Capability::AnswerCall) => (
                TError::AlreadyInState,
                format!("Call {conn} is being answered already; wait a moment."),
            ),
            (No::Already, _) => {
                (TError::AlreadyInState, format!("{name} was done to call {conn} before."))
            }
            (No::PhoneGone, _) => (
                TError::OutOfService,
                format!(
                    "The phone of {dn} went away during call {conn}. It will be called back when \
                     it registers again; open the phone page."
                ),
            ),
            (No::SecondCall, _) => (
                TError::InvalidCallState,
                format!(
                    "{dn} has another call beside {conn}. End it or complete what was begun \
                     first."
                ),
            ),
            (No::SingleCall, Capability::MergeCalls) => (
                TError::InvalidCallState,
                format!(
                    "{name} takes two calls of {dn}, one on hold and one to talk in. A \
                     consultation is completed instead (CompleteTransfer, CompleteConference)."
                ),
            ),
            (No::SingleCall, _) => (
                TError::InvalidCallState,
                format!("{name} takes two calls of {dn}, one on hold and one to consult with."),
            ),
            (No::Site, Capability::StartRecording) => (
                TError::UnsupportedOperation,
                format!("Calls at {dn} are never recorded: its option record says so."),
            ),
            (No::Site, _) => (
                TError::UnsupportedOperation,
                format!(
                    "Call {conn} is recorded at {dn} because the site wants it so. Pause the \
                     recording while something is said that must not be kept."
                ),
            ),
            (No::Alone, Capability::ListenDisconnect) => (
                TError::InvalidCallState,
                format!(
                    "{name} is for conferences, and somebody in call {conn} has to hear still. \
                     Between two, hold the call."
                ),
            ),
            (No::Alone, _) => (
                TError::InvalidCallState,
                format!("{name} needs somebody else in call {conn}, who isn't there."),
            ),
        };
        Refusal::new(error, text)
    }
}

/// A supervisor who listens may leave, and be heard or not.
fn may_listener(what: Capability, party: &Party) -> Result<(), No> {
    let Some(watch) = party.watch.as_ref().filter(|_| party.talks()) else {
        return if_ok(what == Capability::ReleaseCall, No::State);
    };
    match what {
        Capability::ReleaseCall => Ok(()),
        Capability::SetMuteOn => if_ok(watch.mode != MonitorMode::Mute, No::Already),
        Capability::SetMuteOff => if_ok(watch.mode != MonitorMode::Connect, No::Already),
        _ => Err(No::State),
    }
}

fn if_ok(is_so: bool, no: No) -> Result<(), No> {
    if is_so { Ok(()) } else { Err(no) }
}

/// Parties of one call.
pub const PARTIES_MAX: usize = 32;
