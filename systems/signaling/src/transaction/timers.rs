//! RFC 3261 17: how long transactions wait and how often they repeat themselves.

use std::time::Duration;

/// The estimate of a round trip.
pub(crate) const T1: Duration = Duration::from_millis(500);

/// The longest interval between repetitions of anything but an INVITE.
pub(crate) const T2: Duration = Duration::from_secs(4);

/// How long a message can stay in the network.
pub(crate) const T4: Duration = Duration::from_secs(5);

/// Timers B, F, H, J, L and M, and D over datagrams: 64 * T1.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(32);

/// The next interval of a repetition that slows down to T2 (timers E and G, and the 2xx).
pub(crate) fn slower(interval: Duration) -> Duration {
    (interval * 2).min(T2)
}
