//! REGISTER: who may, what it changes, and what the switch hears of it.
//!
//! Every REGISTER is answered at once, also one that ends a registration which never was: peers
//! that get no answer go on asking.

use std::time::Instant;

use model::{Dn, Now, leg::LegFact};
use wire_sip::{Builder, HeaderName, Message, quote};

use crate::{
    Signaling,
    counters::Refused,
    door::Offence,
    leg::Leg,
    limits::EXPIRES_MIN_S,
    outlet::{Hop, Source},
    proof::Proof,
    registrar::{Registered, is_extension},
    timers::Timer,
    transaction::TransactionId,
};

impl Signaling {
    pub(crate) fn registering(
        &mut self,
        now: Now,
        transaction: TransactionId,
        request: &Message,
        source: &Source,
    ) {
        let user = request.to().ok().and_then(|to| to.uri().user());
        let dn = Dn::from(user.unwrap_or_default().into_owned());
        let configuration = self.configuration.clone();
        if !is_extension(&configuration, &dn) {
            let count = self.counters.refused(Refused::UnknownDn);
            // Scanners try them by the thousand; the counter has them all.
            if count <= TOLD_FREELY || count.is_power_of_two() {
                let source = source.remote;
                tracing::info!(%dn, %source, count, "REGISTER of a DN that is not configured");
            }
            self.offended(now, source, Offence::UnknownDn);
            let text = format!("DN {dn} is not configured or disabled");
            return self.refuse_register(now, transaction, 404, &text);
        }
        match self.guard.prove(now, &configuration, &dn, request, source) {
            Proof::Given if self.settings.upstream.is_some() && changes_something(request) => {
                self.register_upstream(now, transaction, &dn, request, source);
            }
            Proof::Given => self.take_registration(now, transaction, &dn, request, source, None),
            proof @ (Proof::Challenge(_) | Proof::Wait(_) | Proof::Wrong) => {
                self.demand_proof(now, transaction, &dn, proof, source);
            }
        }
    }

    /// Answers a request whose sender did not prove to be its DN.
    pub(crate) fn demand_proof(
        &mut self,
        now: Now,
        id: TransactionId,
        dn: &Dn,
        proof: Proof,
        source: &Source,
    ) {
        match proof {
            Proof::Given => {}
            Proof::Challenge(challenges) => {
                self.reply_to(now, id, 401, |response| {
                    let add = |r: Builder, value| r.header(HeaderName::WwwAuthenticate, value);
                    challenges.into_iter().fold(response, add)
                });
            }
            Proof::Wait(seconds) => {
                self.counters.refused(Refused::Withheld);
                let seconds = seconds.to_string();
                self.reply_to(now, id, 503, |r| r.header(HeaderName::RetryAfter, seconds));
            }
            Proof::Wrong => {
                tracing::info!(%dn, "wrong SIP password");
                self.counters.refused(Refused::WrongPassword);
                self.offended(now, source, Offence::WrongPassword);
                self.refuse_register(now, id, 403, &format!("Wrong password for DN {dn}"));
            }
        }
    }

    /// A DN has no phone any more.
    pub(crate) fn out_of_service(&mut self, now: Now, dn: Dn) {
        self.outlet.timers.clear(&Timer::Binding(dn.clone()));
        self.unregister_upstream(now, &dn);
        self.outlet.say(LegFact::DnOutOfService { dn });
    }

    /// A registration's time may be up.
    pub(crate) fn binding_due(&mut self, now: Now, dn: Dn) {
        if self.registrar.expire(now, &dn) {
            self.out_of_service(now, dn);
        }
    }

    /// Does what a REGISTER wants, for as long as the upstream grants if there is one.
    pub(crate) fn take_registration(
        &mut self,
        now: Now,
        transaction: TransactionId,
        dn: &Dn,
        request: &Message,
        source: &Source,
        granted: Option<u32>,
    ) {
        let expires_max = granted.unwrap_or(u32::MAX);
        let outcome = self.registrar.register(now, dn, request, source, expires_max);
        if let Registered::Refused(code) = outcome {
            let min = (code == 423).then(|| EXPIRES_MIN_S.to_string());
            return self.reply_to(now, transaction, code, |response| {
                response.header_if(HeaderName::MinExpires, min)
            });
        }
        let binding = self.registrar.find(dn);
        let contact = binding.map(|binding| binding.contact_header(now));
        let expires: Option<Instant> = binding.map(crate::registrar::Binding::expires);
        self.reply_to(now, transaction, 200, |response| {
            response.header_if(HeaderName::Contact, contact)
        });
        if expires.is_some() {
            self.door.knows(now, source.remote.ip());
        }
        if let Some(at) = expires {
            self.outlet.timers.set(Timer::Binding(dn.clone()), at);
        }
        match outcome {
            Registered::Bound(old) => {
                // First the new phone, then the end of the old one's legs: a call that rang there
                // is rung here instead of counting as one that nobody could be reached for.
                self.outlet.say(LegFact::DnInService { dn: dn.clone() });
                if let Some(Hop::Flow(flow)) = old.filter(|old| *old != source.hop) {
                    // The page was loaded again before its old connection was seen to be gone.
                    let is_of_dn = |id: &model::LegId| {
                        self.legs.get(*id).is_some_and(|leg| leg.dn.as_ref() == Some(dn))
                    };
                    let lost: Vec<_> = self.legs_on(flow).into_iter().filter(is_of_dn).collect();
                    lost.into_iter().for_each(|id| self.lose(id));
                }
            }
            Registered::Gone => self.out_of_service(now, dn.clone()),
            Registered::Unchanged => {
                // A NAT gave the phone another port, or it has a new connection: its calls go
                // on there. A mere query proves nothing.
                let is_there = self.registrar.find(dn).is_some_and(|b| b.hop == source.hop);
                let theirs = |leg: &&mut Leg| is_there && leg.dn.as_ref() == Some(dn);
                self.legs.iter_mut().filter(theirs).for_each(|leg| leg.dialog.proven_by(source));
            }
            Registered::Refused(_) => {}
        }
    }

    fn refuse_register(&mut self, now: Now, id: TransactionId, code: u16, text: &str) {
        let reason = format!("SIP;cause={code};text={}", quote(text));
        let warning = self.warning(399, text);
        self.reply_to(now, id, code, |response| {
            response.header(HeaderName::Reason, reason).header(HeaderName::Warning, warning)
        });
    }
}

/// Whether it is more than a query.
fn changes_something(request: &Message) -> bool {
    request.header(HeaderName::Contact).is_some()
}

/// Refusals that are in the log one by one.
const TOLD_FREELY: u64 = 100;
