//! Keys, mouths and ears: RequestSendDTMF, RequestSetMuteOn and Off, RequestListenDisconnect and
//! Reconnect, and keys that came by INFO.

use model::{
    CallState, Capability, ConnId, Dn, EventName, KvList, LegId, Now, TError, error::Refusal,
    media::MediaCommand,
};

use crate::{
    LegUse, Switch,
    call::{Party, State},
    outbox::Draft,
    request::Asker,
};

impl Switch {
    /// Presses keys for the others.
    pub(crate) fn send_dtmf(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        digits: &str,
    ) -> Result<(), Refusal> {
        let call = self.allow(Capability::SendDtmf, dn, conn)?;
        let is_key = |key: char| key.is_ascii_digit() || "*#ABCDabcd,".contains(key);
        if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.chars().all(is_key) {
            return Err(Refusal::new(
                TError::InvalidAttribute,
                format!(
                    "'{digits}' can't be pressed: use 1 to {DIGITS_MAX} of 0-9, *, #, A-D, and a \
                     comma to wait."
                ),
            ));
        }
        let id = call.ours(dn).map(|party| party.id);
        let legs: Vec<LegId> = call
            .others(id)
            .filter(|party| matches!(party.state, State::Talking | State::Alerting(_)))
            .filter_map(|party| party.leg(&self.dns))
            .collect();
        self.out.accept(asker.id);
        for leg in legs {
            self.out.media(MediaCommand::SendDigits { leg, digits: digits.to_ascii_uppercase() });
        }
        let draft = Draft::new(EventName::DtmfSent, dn)
            .reference(Some(asker.id))
            .extensions(KvList::new().with("Digits", digits));
        self.say(now, conn, draft);
        Ok(())
    }

    /// A key that a phone sent by INFO is pressed for those who hear it, as one in its voice is.
    pub(crate) fn key_by_info(&mut self, now: Now, leg: LegId, digit: char) {
        let Some(LegUse::Dn(_) | LegUse::Call(_)) = self.legs.get(&leg) else { return };
        if self.treatment_takes_key(now, leg, digit) {
            return;
        }
        let hearers = self.heard.iter().filter(|(_, sound)| match sound {
            crate::patch::Sound::Of(sources) => sources.contains(&leg),
            crate::patch::Sound::Prompt(..) | crate::patch::Sound::Tune(_) => false,
        });
        for hearer in hearers.map(|(leg, _)| *leg).collect::<Vec<_>>() {
            let digits = digit.to_string();
            self.out.media(MediaCommand::SendDigits { leg: hearer, digits });
        }
    }

    /// Lets nobody hear the party, or everybody again.
    pub(crate) fn set_mute(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        is_muted: bool,
    ) -> Result<(), Refusal> {
        let what = if is_muted { Capability::SetMuteOn } else { Capability::SetMuteOff };
        self.allow(what, dn, conn)?;
        self.out.accept(asker.id);
        let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.ours_mut(dn)) else {
            return Ok(());
        };
        let is_watching = party.watch.is_some();
        // Who hears a supervisor is told by the way of supervising alone.
        party.is_muted = is_muted && !is_watching;
        self.patch(conn);
        let name = if is_muted { EventName::MuteOn } else { EventName::MuteOff };
        self.say(now, conn, Draft::new(name, dn).reference(Some(asker.id)));
        if is_watching {
            self.change_watch(now, asker, (dn, conn), is_muted);
        }
        Ok(())
    }

    /// Lets a party of a conference hear nobody, or everybody again.
    pub(crate) fn set_deaf(
        &mut self,
        now: Now,
        asker: &Asker,
        (dn, conn): (&Dn, ConnId),
        listener: &Dn,
        is_deaf: bool,
    ) -> Result<(), Refusal> {
        let what = if is_deaf { Capability::ListenDisconnect } else { Capability::ListenReconnect };
        let call = self.allow(what, dn, conn)?;
        let is_meant = |party: &&Party| party.dn == *listener && party.talks_along();
        let Some(party) = call.parties.iter().find(is_meant) else {
            return Err(Refusal::new(
                TError::InvalidDestination,
                format!("{listener} is not in call {conn}. Choose one of its parties."),
            ));
        };
        if party.is_deaf == is_deaf {
            let state = if is_deaf { "hears nothing" } else { "hears" };
            return Err(Refusal::new(
                TError::AlreadyInState,
                format!("{listener} {state} in call {conn} already."),
            ));
        }
        let (id, role, is_ours) = (party.id, party.role, party.is_ours());
        self.out.accept(asker.id);
        if let Some(party) = self.calls.get_mut(&conn).and_then(|call| call.party_mut(id)) {
            party.is_deaf = is_deaf;
        }
        self.patch(conn);
        let (name, state) = match is_deaf {
            true => (EventName::ListenDisconnected, CallState::Deafened),
            false => (EventName::ListenReconnected, CallState::Ok),
        };
        let of = |at| Draft::new(name, at).other(listener, role).state(state);
        self.say(now, conn, of(dn).reference(Some(asker.id)));
        if is_ours && listener != dn {
            self.say(now, conn, of(listener));
        }
        Ok(())
    }
}

/// Longer rows of keys are nobody's.
const DIGITS_MAX: usize = 128;
