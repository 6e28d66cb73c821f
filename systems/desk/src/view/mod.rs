//! What the switch's events say of each agent's DN: its phone, its agent, its calls.

mod call;
mod device;

use std::collections::BTreeMap;

use model::{Configuration, Dn, Event, EventName};
use wire_rest::{CallWord, NotificationType};

pub(crate) use call::CallView;
pub(crate) use device::DnView;

/// Every DN that is the first of a place.
#[derive(Debug, Default)]
pub(crate) struct Views(BTreeMap<Dn, DnView>);

/// What an event changed at a DN.
#[derive(Debug)]
pub(crate) enum Change {
    /// The agent's state.
    Agent,
    /// A call; as it is now.
    Call {
        /// The call, which is gone from the view when it is over.
        call: CallView,
        /// What of it is new.
        news: NotificationType,
    },
    /// Nothing that is shown.
    None,
    /// The phone came or went.
    Phone,
}

impl Views {
    /// Keeps what is known of DNs that stay.
    pub(crate) fn configure(&mut self, configuration: &Configuration) {
        let dns = configuration.places.values().filter_map(|place| place.dns.first());
        let mut old = std::mem::take(&mut self.0);
        self.0 =
            dns.map(|dn| (dn.clone(), old.remove(dn).unwrap_or_else(|| DnView::new(dn)))).collect();
    }

    pub(crate) fn view(&self, dn: &Dn) -> Option<&DnView> {
        self.0.get(dn)
    }

    /// Applies an event at its own DN.
    pub(crate) fn apply(&mut self, event: &Event) -> Change {
        let Some(view) = self.0.get_mut(&event.this_dn) else { return Change::None };
        match event.name {
            EventName::AgentLogin
            | EventName::AgentLogout
            | EventName::AgentNotReady
            | EventName::AgentReady => view.agent_changed(event),
            EventName::DnBackInService => view.phone_changed(true),
            EventName::DnOutOfService => view.phone_changed(false),
            EventName::Abandoned | EventName::Released => view.call_over(event),
            EventName::AttachedDataChanged => view.user_data_changed(event),
            EventName::Established => view.call_established(event),
            EventName::Dialing => view.call_begins(event, CallWord::Dialing),
            EventName::PrivateInfo => view.call_news(event),
            EventName::Ringing => view.call_begins(event, CallWord::Ringing),
            // Not shown yet.
            EventName::DestinationBusy
            | EventName::DndOff
            | EventName::DndOn
            | EventName::DtmfSent
            | EventName::ForwardCancel
            | EventName::ForwardSet
            | EventName::Held
            | EventName::MonitoringCancelled
            | EventName::MonitoringNextCall
            | EventName::MuteOff
            | EventName::MuteOn
            | EventName::NetworkReached
            | EventName::PartyAdded
            | EventName::PartyChanged
            | EventName::PartyDeleted
            | EventName::Retrieved
            | EventName::UserEvent => Change::None,
            // Queues and route points are no agent's DN.
            EventName::Diverted
            | EventName::Queued
            | EventName::RouteRequest
            | EventName::RouteUsed
            | EventName::TreatmentApplied
            | EventName::TreatmentEnd => Change::None,
        }
    }
}
