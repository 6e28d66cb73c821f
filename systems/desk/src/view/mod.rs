//! What the switch's events say of each agent's DN: its phone, its agent, its calls.

mod call;
mod capability;
mod device;
mod supervision;

use std::collections::BTreeMap;

use model::{Capabilities, Configuration, ConnId, Dn, Event, EventName};
use wire_rest::{CallWord, NotificationType};

pub(crate) use call::CallView;
pub(crate) use device::DnView;
pub(crate) use supervision::Supervision;

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
        call: Box<CallView>,
        /// What of it is new.
        news: NotificationType,
    },
    /// A call's party is in another call from now on.
    Moved {
        /// The call that it is in.
        call: Box<CallView>,
        /// The call that is over for it.
        old: Box<CallView>,
    },
    /// Nothing that is shown.
    None,
    /// The phone came or went, or what is set for it is new.
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
            EventName::AgentIdleReasonSet
            | EventName::AgentLogin
            | EventName::AgentLogout
            | EventName::AgentNotReady
            | EventName::AgentReady => view.agent_changed(event),
            EventName::DnBackInService => view.phone_changed(true),
            EventName::DnOutOfService => view.phone_changed(false),
            EventName::Abandoned | EventName::Released => view.call_over(event),
            EventName::AttachedDataChanged => {
                view.call_updated(event, NotificationType::AttachedDataChanged)
            }
            EventName::Dialing => view.call_begins(event, CallWord::Dialing),
            EventName::DndOff
            | EventName::DndOn
            | EventName::ForwardCancel
            | EventName::ForwardSet => view.device_changed(event),
            EventName::Established | EventName::Retrieved => {
                view.call_enters(event, CallWord::Established)
            }
            EventName::Held => view.call_enters(event, CallWord::Held),
            EventName::MonitoringCancelled | EventName::MonitoringNextCall => {
                view.monitoring_changed(event)
            }
            EventName::DestinationBusy
            | EventName::ListenDisconnected
            | EventName::ListenReconnected
            | EventName::MuteOff
            | EventName::MuteOn
            | EventName::NetworkReached => view.call_updated(event, NotificationType::StatusChange),
            EventName::PartyAdded | EventName::PartyDeleted => {
                view.call_updated(event, NotificationType::ParticipantsUpdated)
            }
            EventName::PartyChanged => view.party_changed(event),
            EventName::PrivateInfo => view.call_news(event),
            EventName::Ringing => view.call_begins(event, CallWord::Ringing),
            // For programs.
            EventName::DtmfSent | EventName::UserEvent => Change::None,
            // Queues and route points are no agent's DN.
            EventName::Diverted
            | EventName::Queued
            | EventName::RouteRequest
            | EventName::RouteUsed
            | EventName::TreatmentApplied
            | EventName::TreatmentEnd => Change::None,
        }
    }
    /// What may be asked of a call is new; `None` when it is not, or the call isn't known.
    pub(crate) fn offered(
        &mut self,
        dn: &Dn,
        conn: ConnId,
        capabilities: Capabilities,
    ) -> Option<CallView> {
        self.0.get_mut(dn)?.offered(conn, capabilities)
    }

    /// Marks the call of the one whom this DN begins to hear in it.
    pub(crate) fn watch(&mut self, by: &Dn, conn: ConnId) -> Option<(Dn, CallView)> {
        let target = self.0.get(by)?.supervision.as_ref()?.target.clone();
        let call = self.0.get_mut(&target)?.watched(conn, true)?;
        Some((target, call))
    }

    /// Whoever was heard in this call is heard no more.
    pub(crate) fn unwatch(&mut self, conn: ConnId) -> Option<(Dn, CallView)> {
        let mut views = self.0.iter_mut();
        views.find_map(|(dn, view)| Some((dn.clone(), view.watched(conn, false)?)))
    }

    /// Only the next call is to be heard.
    pub(crate) fn watch_once(&mut self, by: &Dn) {
        if let Some(supervision) = self.0.get_mut(by).and_then(|view| view.supervision.as_mut()) {
            supervision.is_all = false;
        }
    }

    /// The DN that a device shows.
    pub(crate) fn by_device(&self, device: &str) -> Option<&DnView> {
        self.0.values().find(|view| view.device == device || view.dn.as_str() == device)
    }
}
