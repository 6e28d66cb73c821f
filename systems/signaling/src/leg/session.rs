//! Session timers (RFC 4028): a call whose far end fell silent ends by itself. They never touch
//! media.

use std::time::Duration;

use model::{LegId, Now, leg::Cause};
use wire_sip::{Builder, HeaderName, Message, Method, Refresher};

use super::{SDP, Stage};
use crate::{
    Signaling,
    limits::{MIN_SE_S, SESSION_EXPIRES_MAX_S},
    timers::{LegTimer, Timer},
    transaction::{TransactionId, client::User},
    with_abilities,
};

/// A leg's session interval, if it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    agreed: Option<Agreed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Agreed {
    seconds: u32,
    /// Whether we refresh.
    is_ours: bool,
}

/// The interval is below our minimum: 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unacceptable;

impl Session {
    /// What a request of the far end asks for.
    pub fn asked_by(request: &Message) -> Result<Self, Unacceptable> {
        let Some(asked) = request.session_expires() else { return Ok(Self::default()) };
        if asked.seconds < MIN_SE_S {
            return Err(Unacceptable);
        }
        // RFC 4028 9, table 2: left open, the caller refreshes if it has timers at all.
        let is_ours = match asked.refresher {
            Some(Refresher::Uac) => false,
            Some(Refresher::Uas) => true,
            None => !request.has_token(HeaderName::Supported, "timer"),
        };
        let seconds = asked.seconds.min(SESSION_EXPIRES_MAX_S);
        Ok(Self { agreed: Some(Agreed { seconds, is_ours }) })
    }

    /// What a 2xx to a request of ours grants.
    pub fn learn(&mut self, response: &Message) {
        self.agreed = response.session_expires().map(|granted| Agreed {
            seconds: granted.seconds.clamp(MIN_SE_S, SESSION_EXPIRES_MAX_S),
            is_ours: granted.refresher != Some(Refresher::Uas),
        });
    }

    /// Says in a 2xx of ours what is agreed. A far end without timers is never asked to refresh
    /// (RFC 4028 9).
    pub fn granted(&self, request: &Message, response: Builder) -> Builder {
        let has_timers = request.has_token(HeaderName::Supported, "timer")
            || request.header(HeaderName::SessionExpires).is_some();
        let Some(agreed) = self.agreed.filter(|agreed| agreed.is_ours || has_timers) else {
            return response;
        };
        let refresher = if agreed.is_ours { "uas" } else { "uac" };
        let value = format!("{};refresher={refresher}", agreed.seconds);
        let response = response.header(HeaderName::SessionExpires, value);
        if agreed.is_ours { response } else { response.header(HeaderName::Require, "timer") }
    }
}

impl Signaling {
    /// Starts or restarts a leg's interval.
    pub(crate) fn start_session(&mut self, now: Now, id: LegId) {
        let (refresh, end) =
            (Timer::Leg(id, LegTimer::Refresh), Timer::Leg(id, LegTimer::SessionEnd));
        self.outlet.timers.clear(&refresh);
        self.outlet.timers.clear(&end);
        let Some(agreed) = self.legs.get(id).and_then(|leg| leg.session.agreed) else { return };
        let interval = Duration::from_secs(u64::from(agreed.seconds));
        // RFC 4028 10: who waits hangs up a little before the end.
        let margin = (interval / 3).min(END_MARGIN);
        self.outlet.timers.set(end, now.instant + interval - margin);
        if agreed.is_ours {
            self.outlet.timers.set(refresh, now.instant + interval / 2);
        }
    }

    /// A refresh by the far end: what it asks for holds from now on.
    pub(crate) fn session_refreshed(&mut self, now: Now, id: LegId, asked: Session) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        if !matches!(leg.stage, Stage::Confirmed(_)) {
            return;
        }
        if asked.agreed.is_some() {
            leg.session = asked;
        }
        self.start_session(now, id);
    }

    /// Half the interval is over: UPDATE where the far end takes it, else re-INVITE with what
    /// was said before.
    pub(crate) fn refresh_session(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        let (Some(agreed), Stage::Confirmed(confirmed)) = (leg.session.agreed, &mut leg.stage)
        else {
            return;
        };
        let is_busy = confirmed.reinvite.is_some() || confirmed.unacknowledged.is_some();
        if is_busy || confirmed.is_refreshing {
            let again = Timer::Leg(id, LegTimer::Refresh);
            return self.outlet.timers.set(again, now.instant + RETRY);
        }
        confirmed.is_refreshing = true;
        let method = if leg.allows_update { Method::Update } else { Method::Invite };
        let (request, hop) = leg.dialog.request(&mut self.outlet, &mut self.random, &method);
        let request = request
            .header(HeaderName::Contact, leg.dialog.contact(&self.outlet, &hop))
            .header(HeaderName::SessionExpires, format!("{};refresher=uac", agreed.seconds))
            .header(HeaderName::MinSe, MIN_SE_S.to_string());
        let request = with_abilities(request);
        let request = match &leg.local_sdp {
            Some(sdp) if method == Method::Invite => request.body(SDP, sdp.clone()).build(),
            Some(_) | None => request.build(),
        };
        self.clients.start(&mut self.outlet, now, request, hop, User::Refresh(id));
    }

    /// A response to our refresh.
    pub(crate) fn refresh_answered(
        &mut self,
        now: Now,
        id: LegId,
        transaction: TransactionId,
        response: &Message,
    ) {
        let status = response.status().unwrap_or_default();
        if status < 200 {
            return;
        }
        let Some(leg) = self.legs.get_mut(id) else { return };
        let Stage::Confirmed(confirmed) = &mut leg.stage else { return };
        let is_first = std::mem::take(&mut confirmed.is_refreshing);
        let is_invite = response.cseq().is_some_and(|cseq| cseq.method == Method::Invite);
        match status {
            200..=299 => {
                if is_first {
                    leg.dialog.refresh_target(response);
                    leg.session.learn(response);
                }
                if is_invite {
                    self.acknowledge_refresh(id, transaction, response);
                }
                if is_first {
                    self.start_session(now, id);
                }
            }
            // RFC 3261 12.2.1.2: the far end knows nothing of the call any more.
            408 | 481 => self.refresh_unanswered(now, id),
            405 | 501 if leg.allows_update => {
                leg.allows_update = false;
                self.refresh_session(now, id);
            }
            422 => {
                let min = response.min_se().unwrap_or(MIN_SE_S).min(SESSION_EXPIRES_MAX_S);
                let grown = leg.session.agreed.filter(|agreed| agreed.seconds < min);
                if let Some(agreed) = grown {
                    leg.session.agreed = Some(Agreed { seconds: min, ..agreed });
                    self.refresh_session(now, id);
                }
            }
            // RFC 3261 14.1: both tried at once; a random pause lets one be first.
            491 => {
                let pause = GLARE_PAUSE + Duration::from_millis(self.random.below(GLARE_SPREAD_MS));
                self.outlet.timers.set(Timer::Leg(id, LegTimer::Refresh), now.instant + pause);
            }
            // The session runs on until its end, when it ends.
            _ => {}
        }
    }

    /// Nobody answered our refresh, or the interval ended without one.
    pub(crate) fn refresh_unanswered(&mut self, now: Now, id: LegId) {
        if matches!(self.legs.get(id).map(|leg| &leg.stage), Some(Stage::Confirmed(_))) {
            self.send_bye(now, id, "SIP;cause=408;text=\"Session timer expired\"");
            self.finish(id, Cause::Unreachable);
        }
    }

    /// The ACK, kept with the 2xx it belongs to so that a repetition gets the same again.
    fn acknowledge_refresh(&mut self, id: LegId, transaction: TransactionId, response: &Message) {
        if self.clients.request(transaction).is_some() {
            self.send_ack(id, response);
        }
    }
}

const END_MARGIN: Duration = Duration::from_secs(32);
/// How long a refresh waits for what else is going on in the dialog.
const RETRY: Duration = Duration::from_secs(1);
/// RFC 3261 14.1: 2.1 to 4 s for the side that made the Call-ID. Both sides take it here: the
/// other's 0 to 2 s lies before, so they still part.
const GLARE_PAUSE: Duration = Duration::from_millis(2_100);
const GLARE_SPREAD_MS: u64 = 1_900;
