//! What fake phones and callers share: in-dialog requests and repeated sending.

use std::time::{Duration, Instant};

use model::Now;
use wire_sip::{HeaderName, Message, Method, Request};

/// The caller's side of a dialog.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) via: String,
    pub(crate) from: Vec<u8>,
    pub(crate) to: Vec<u8>,
    pub(crate) call_id: String,
    pub(crate) target: String,
    pub(crate) cseq: u32,
}

impl Dialog {
    /// The next request of the dialog; ACK keeps the INVITE's number.
    pub(crate) fn request(&mut self, method: &Method, branch: &str) -> Message {
        if *method != Method::Ack {
            self.cseq += 1;
        }
        let number = if *method == Method::Ack { 1 } else { self.cseq };
        Request::new(method, &self.target)
            .header(HeaderName::Via, format!("{};branch=z9hG4bK{branch}", self.via))
            .header(HeaderName::MaxForwards, "70")
            .header(HeaderName::From, &self.from)
            .header(HeaderName::To, &self.to)
            .header(HeaderName::CallId, &self.call_id)
            .header(HeaderName::CSeq, format!("{number} {}", method.as_str()))
            .build()
    }
}

/// A request that is repeated until somebody replies (timers A and E).
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    pub(crate) request: Message,
    pub(crate) next: Instant,
    pause: Duration,
    end: Instant,
}

impl Repeated {
    pub(crate) fn new(now: Now, request: Message) -> Self {
        Self { request, next: now.instant + T1, pause: T1, end: now.instant + T1 * 64 }
    }

    /// Whether it is time to send again; `None` when it is time to give up.
    pub(crate) fn due(&mut self, now: Now) -> Option<bool> {
        if now.instant >= self.end {
            return None;
        }
        let is_due = now.instant >= self.next;
        if is_due {
            self.pause = (self.pause * 2).min(T2);
            self.next = now.instant + self.pause;
        }
        Some(is_due)
    }
}

pub(crate) const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
