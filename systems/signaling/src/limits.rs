//! How much of everything is kept, and what happens beyond. One place, so that the worst case of
//! memory can be read off.

use std::time::Duration;

/// Legs at once; an INVITE beyond is answered 503 with [`RETRY_AFTER_S`].
pub const LEGS_MAX: usize = 20_000;

/// Client transactions at once, and as many server transactions; a request beyond is answered 503
/// without state, one of ours fails as if its peer were unreachable.
pub const TRANSACTIONS_MAX: usize = 65_536;

/// Connections at once; one beyond is closed.
pub const FLOWS_MAX: usize = 50_000;

/// Nonces whose use is remembered; the oldest is forgotten first, and counts as expired.
pub const NONCE_USES_MAX: usize = 16_384;

/// DN and source pairs whose wrong passwords are remembered; the oldest is forgotten first.
pub const FAILURES_MAX: usize = 4_096;

/// Wrong passwords of one DN from one source before answers are withheld.
pub const FAILURES_FREE: u32 = 5;

/// How long answers are withheld after the first wrong password too many; doubles with each more.
pub const PENALTY: Duration = Duration::from_secs(10);

/// The longest penalty, and how long a pair is remembered after its last wrong password.
pub const PENALTY_MAX: Duration = Duration::from_secs(300);

/// DN and source pairs whose unanswered challenge is remembered; those beyond are offered every
/// algorithm each time.
pub const CHALLENGED_MAX: usize = 4_096;

/// How long it is remembered.
pub const CHALLENGED_MEMORY: Duration = Duration::from_secs(600);

/// How long a nonce can be used.
pub const NONCE_LIFE: Duration = Duration::from_secs(300);

/// The shortest registration we take (RFC 3261 10.3: Min-Expires).
pub const EXPIRES_MIN_S: u32 = 60;

/// The longest registration we grant.
pub const EXPIRES_MAX_S: u32 = 7_200;

/// The session interval that we ask for (RFC 4028).
pub const SESSION_EXPIRES_S: u32 = 1_800;

/// The shortest session interval we take (RFC 4028 5: never below 90).
pub const MIN_SE_S: u32 = 90;

/// A peer that offers no session interval is not asked for one longer than this either.
pub const SESSION_EXPIRES_MAX_S: u32 = 86_400;

/// What a 503 tells its receiver to wait.
pub const RETRY_AFTER_S: u32 = 10;

/// How long a phone has for answering once it was told to.
pub const TALK_LIMIT: Duration = Duration::from_secs(5);

/// RFC 3261 13.3.1.1: a provisional response is repeated this often, else proxies give up.
pub const PROVISIONAL_REPEAT: Duration = Duration::from_secs(60);

/// A phone that rings for longer is given up, whatever the switch says (RFC 3261 16.6, timer C,
/// is the same guard in proxies).
pub const RINGING_MAX: Duration = Duration::from_secs(300);

/// Early dialogs of one INVITE of ours (a fork); what comes in more is not looked at.
pub const EARLY_DIALOGS_MAX: usize = 8;

/// How long an INVITE waits at most for the phone's earlier call to be taken back.
pub const TURN: Duration = Duration::from_secs(2);

/// How long a phone waits for the outcome of its REFER; a bit longer than a phone rings.
pub const REFER_LIMIT: Duration = Duration::from_secs(360);

/// The longest number or name that a REFER may send a call to, in bytes.
pub const REFER_TARGET_LEN_MAX: usize = 128;

/// Subscriptions to lines, presence and registrations, of all phones; one beyond is answered 503.
pub const WATCHES_MAX: usize = 50_000;

/// Of them one phone's: the keys of the largest telephones, several times.
pub const WATCHES_EACH_MAX: usize = 500;

/// Our Max-Forwards.
pub const MAX_FORWARDS: u8 = 70;

/// Route and Record-Route entries of one dialog; more is refused as too large.
pub const ROUTES_MAX: usize = 16;
