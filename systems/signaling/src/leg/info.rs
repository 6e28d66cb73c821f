//! INFO inside a dialog (RFC 6086): keys of phones without RFC 4733.
//!
//! Keys come as legacy INFO, which needs no package and no subscription. INFO without a body is
//! some peers' way of asking whether the call is still there.

use model::{LegId, Now, leg::LegFact};
use wire_sip::{HeaderName, Key, Message};

use super::Leg;
use crate::{Signaling, transaction::TransactionId};

impl Signaling {
    /// INFO came.
    pub(crate) fn informed(&mut self, now: Now, id: LegId, info: TransactionId, request: &Message) {
        if request.header(INFO_PACKAGE).is_some() {
            // RFC 6086 4.2.2: with the packages that we take, which are none.
            return self.reply_to(now, info, 469, |response| response.header(RECV_INFO, ""));
        }
        let has_body = !request.body().is_empty();
        if !has_body && request.header(HeaderName::ContentType).is_none() {
            return self.reply_to(now, info, 200, |response| response);
        }
        let kind = request.content_type();
        if !kind.is_some_and(|kind| KEY_TYPES.iter().any(|known| kind.is(known))) {
            let known = KEY_TYPES.join(", ");
            return self.reply_to(now, info, 415, |r| r.header(HeaderName::Accept, known));
        }
        let Some(key) = Key::parse(request.body()) else {
            return self.reply_to(now, info, 400, |response| response);
        };
        self.reply_to(now, info, 200, |response| response);
        if !self.legs.get(id).is_some_and(Leg::is_live) {
            return;
        }
        match key {
            Key::Digit(digit) => self.outlet.say(LegFact::Digit { leg: id, digit }),
            // Nobody's switch hook means anything here.
            Key::Flash => {}
        }
    }
}

const INFO_PACKAGE: &str = "Info-Package";
const KEY_TYPES: [&str; 2] = ["application/dtmf-relay", "application/dtmf"];
const RECV_INFO: &str = "Recv-Info";
