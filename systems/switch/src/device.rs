//! What is asked of a DN rather than of a call: do not disturb, forwarding, user events.

use model::{Dn, EventName, KvList, Now, TError, error::Refusal};

use crate::{
    Switch,
    dn::Agent,
    outbox::Draft,
    reach::{Destination, is_extension},
    request::Asker,
};

impl Switch {
    /// Takes calls or not.
    pub(crate) fn set_dnd(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        is_on: bool,
    ) -> Result<(), Refusal> {
        self.check_extension(dn)?;
        if self.dns.extension(dn).is_some_and(|extension| extension.dnd) == is_on {
            let state = if is_on { "on" } else { "off" };
            return Err(Refusal::new(
                TError::AlreadyInState,
                format!("Do not disturb is {state} at DN {dn} already."),
            ));
        }
        self.out.accept(asker.id);
        self.dns.entry(dn).dnd = is_on;
        let name = if is_on { EventName::DndOn } else { EventName::DndOff };
        self.say_at_dn(now, asker, dn, name, asker.extensions.clone());
        Ok(())
    }

    /// Sends every call for the DN elsewhere, or no more.
    pub(crate) fn forward_calls(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        to: Option<&str>,
    ) -> Result<(), Refusal> {
        self.check_extension(dn)?;
        let Some(to) = to.map(str::trim) else {
            if self.dns.extension(dn).is_none_or(|extension| extension.forward.is_none()) {
                return Err(Refusal::new(
                    TError::AlreadyInState,
                    format!("The calls of DN {dn} are not forwarded."),
                ));
            }
            self.out.accept(asker.id);
            self.dns.entry(dn).forward = None;
            self.say_at_dn(now, asker, dn, EventName::ForwardCancel, KvList::new());
            return Ok(());
        };
        match self.destination(to, true) {
            Some(Destination::Extension(other)) if other == *dn => Err(Refusal::new(
                TError::InvalidDestination,
                format!("The calls of DN {dn} can't be forwarded to {dn} itself."),
            )),
            Some(_) => {
                self.out.accept(asker.id);
                self.dns.entry(dn).forward = Some(to.to_owned());
                let extensions = KvList::new().with("ForwardTo", to);
                self.say_at_dn(now, asker, dn, EventName::ForwardSet, extensions);
                Ok(())
            }
            None => Err(Refusal::new(
                TError::InvalidDestination,
                format!("'{to}' can't be called. Give a DN, a route point or an outside number."),
            )),
        }
    }

    /// EventUserEvent, for everybody who watches the DN.
    pub(crate) fn distribute_user_event(
        &mut self,
        now: Now,
        asker: &Asker,
        dn: &Dn,
        user_data: KvList,
    ) -> Result<(), Refusal> {
        if !self.configuration.dns.contains_key(dn) {
            return Err(Refusal::new(
                TError::DnNotConfigured,
                format!("{dn} is not configured. Look for the right DN in the configuration."),
            ));
        }
        self.out.accept(asker.id);
        self.say_at_dn(now, asker, dn, EventName::UserEvent, user_data);
        Ok(())
    }

    fn check_extension(&self, dn: &Dn) -> Result<(), Refusal> {
        match is_extension(&self.configuration, dn) {
            true => Ok(()),
            false => Err(Refusal::new(
                TError::DnNotConfigured,
                format!("{dn} is no extension of this switch. Look for the right DN."),
            )),
        }
    }

    fn say_at_dn(&mut self, now: Now, asker: &Asker, dn: &Dn, name: EventName, extensions: KvList) {
        let agent = self.dns.agent(dn).map(Agent::attributes);
        let draft = Draft::new(name, dn)
            .reference(Some(asker.id))
            .reasons(asker.reasons.clone())
            .extensions(extensions);
        self.out.dn_event(now, agent, draft);
    }
}
