//! The law of the tree as data: what each folder may use and what it may not say.

/// What the crates of one folder are allowed.
#[derive(Debug)]
pub struct Law {
    /// The crate's folder, or its parent when it ends with `/`.
    pub folder: &'static str,
    /// Our crates it may use, as folders in the same notation.
    pub ours: &'static [&'static str],
    /// Crates of others it may use.
    pub outside: Outside,
    /// It is told the time and given its randomness; it has no socket, lock, task or thread.
    pub is_pure: bool,
}

/// How free a crate is in choosing crates of others.
#[derive(Debug)]
pub enum Outside {
    /// Any: it stands at the edge of the house.
    Any,
    /// None.
    None,
    /// Those of [`PURE_CRATES`] and these.
    PureAnd(&'static [&'static str]),
}

impl Law {
    /// The law of the crate in `folder`; the first match counts.
    pub fn of(folder: &str) -> Option<&'static Law> {
        LAWS.iter().find(|law| covers(law.folder, folder))
    }

    /// May a crate under this law use ours in `folder`?
    pub fn allows_ours(&self, folder: &str) -> bool {
        self.ours.iter().any(|allowed| covers(allowed, folder))
    }

    /// May a crate under this law use the outside crate `name`?
    pub fn allows_outside(&self, name: &str) -> bool {
        match self.outside {
            Outside::Any => true,
            Outside::None => false,
            Outside::PureAnd(more) => PURE_CRATES.contains(&name) || more.contains(&name),
        }
    }
}

fn covers(pattern: &str, folder: &str) -> bool {
    if pattern.ends_with('/') { folder.starts_with(pattern) } else { folder == pattern }
}

const fn pure(folder: &'static str, ours: &'static [&'static str]) -> Law {
    Law { folder, ours, outside: Outside::PureAnd(&[]), is_pure: true }
}

/// ARCHITECTURE.md "Who may use whom", in the order of the tree.
const LAWS: &[Law] = &[
    pure("model", &[]),
    Law {
        folder: "wire/sdp",
        ours: &["model"],
        outside: Outside::PureAnd(&["sdp-types"]),
        is_pure: true,
    },
    pure("wire/", &["model"]),
    pure("systems/switch", &["model"]),
    pure("systems/routing", &["model"]),
    pure("systems/directory", &["model"]),
    pure("systems/history", &["model"]),
    pure("systems/story", &["model"]),
    pure("systems/stats", &["model"]),
    pure("systems/desk", &["model", "wire/rest", "wire/bayeux", "wire/stun"]),
    pure("systems/cti", &["model"]),
    pure("systems/signaling", &["model", "wire/sip", "wire/sdp"]),
    Law {
        folder: "systems/gateway",
        ours: &["model", "wire/audio", "wire/rtp", "wire/sdp", "wire/stun"],
        outside: Outside::PureAnd(&["is", "dimpl", "opus"]),
        is_pure: true,
    },
    pure("systems/relay", &["model", "wire/stun"]),
    Law {
        folder: "systems/board",
        ours: &["model", "systems/"],
        outside: Outside::None,
        is_pure: true,
    },
    Law {
        folder: "io/",
        ours: &["model", "wire/", "proto", "io/port"],
        outside: Outside::Any,
        is_pure: false,
    },
    Law { folder: "proto", ours: &[], outside: Outside::Any, is_pure: false },
    Law {
        folder: "sim",
        ours: &["model", "wire/", "systems/"],
        outside: Outside::PureAnd(&["expect-test", "proptest", "str0m"]),
        is_pure: true,
    },
    Law {
        folder: "cordboard",
        ours: &["model", "wire/", "systems/", "io/", "proto", "sim"],
        outside: Outside::Any,
        is_pure: false,
    },
    Law {
        folder: "bench",
        ours: &["model", "wire/", "systems/", "io/", "proto", "sim"],
        outside: Outside::Any,
        is_pure: false,
    },
    Law { folder: "fuzz", ours: &["model", "wire/"], outside: Outside::Any, is_pure: false },
    Law { folder: "xtask", ours: &[], outside: Outside::Any, is_pure: false },
];

/// Crates that compute and do nothing else: no clock, socket, thread or random source of their own
/// that we call. A new one is added here by whoever has looked inside it.
const PURE_CRATES: &[&str] = &[
    "aes",
    "aes-gcm",
    "argon2",
    "base64",
    "bytes",
    "ctr",
    "hex",
    "hmac",
    "indexmap",
    "itoa",
    "jiff",
    "md-5",
    "memchr",
    "rand_chacha",
    "rand_core",
    "ring",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "smallvec",
    "subtle",
    "thiserror",
    "tracing",
    "unicode-normalization",
];

/// Words that a pure crate may not say outside its tests, with what to do instead.
pub const IMPURE_WORDS: &[(&str, &str)] = &[
    ("Instant::now", "time is told by `Now`, not read"),
    ("SystemTime", "time is told by `Now`, not read"),
    ("tokio", "a system neither awaits nor spawns"),
    ("async fn", "a system neither awaits nor spawns"),
    (".await", "a system neither awaits nor spawns"),
    ("thread::spawn", "threads belong to io and cordboard"),
    ("thread::sleep", "waiting is `poll_timeout`"),
    ("UdpSocket", "sockets belong to io"),
    ("TcpStream", "sockets belong to io"),
    ("TcpListener", "sockets belong to io"),
    ("Mutex", "a system is owned by one thread and needs no lock"),
    ("RwLock", "a system is owned by one thread and needs no lock"),
    ("std::fs", "files belong to io"),
    ("std::env", "configuration is passed in"),
    ("rand::rng", "randomness is given, from a seed"),
    ("thread_rng", "randomness is given, from a seed"),
    ("OsRng", "randomness is given, from a seed"),
    ("getrandom", "randomness is given, from a seed"),
    ("SystemRandom", "randomness is given, from a seed"),
    ("println!", "a system says what happened by its outputs"),
    ("eprintln!", "a system says what happened by its outputs"),
];
