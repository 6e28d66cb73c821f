//! Letting a phone show that its call was held or retrieved in the desktop.
//!
//! Voice needs no SIP for that, since media decides who hears whom. Phones with `sip-cti-control`
//! have a lamp and a key for it, so they are told; a browser's page knows by itself.

use model::{LegId, Now, media::LegKind};

use super::Stage;
use crate::{Signaling, transaction::client::User};

impl Signaling {
    /// The switch held or retrieved the leg's call.
    pub(crate) fn show_held(&mut self, now: Now, id: LegId, is_held: bool) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let is_up = matches!(leg.stage, Stage::Confirmed(_));
        if !is_up || leg.kind != LegKind::Plain || !leg.has_cti_control(&self.configuration) {
            return;
        }
        let event = if is_held { "hold" } else { "talk" };
        let (notify, hop) = leg.control(&mut self.outlet, &mut self.random, event);
        // A phone that won't show it can be talked to all the same.
        self.clients.start(&mut self.outlet, now, notify.build(), hop, User::Nobody);
    }
}
