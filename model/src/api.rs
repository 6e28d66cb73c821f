//! What the desk and the edge say to each other: HTTP requests, responses, Bayeux WebSockets.
//!
//! The edge terminates TLS, limits sizes and serves static files; everything under `/api` and
//! the Bayeux paths comes here as it is.

use std::net::IpAddr;

pub use crate::id::{ApiId, SocketId};
use crate::{
    UserName,
    config::ObjectKind,
    history::HistoryQuery,
    recording::{RecordingId, RecordingQuery},
};

/// An HTTP request.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// Names the response.
    pub id: ApiId,
    /// `GET`, `POST`, … as received.
    pub method: String,
    /// Percent-decoded path, e.g. `/api/v2/me`.
    pub path: String,
    /// Raw query without `?`.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// At most the edge's limit.
    pub body: Vec<u8>,
    /// The client's address.
    pub peer: IpAddr,
    /// Whether the client came by TLS (cookies become `Secure`).
    pub secure: bool,
}

impl ApiRequest {
    /// The first header of this (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl std::fmt::Debug for ApiRequest {
    /// Without headers and body: they hold passwords and customers' data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiRequest({} {} {})", self.id, self.method, self.path)
    }
}

/// An HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResponse {
    /// Which request.
    pub id: ApiId,
    /// 200, 403, …
    pub status: u16,
    /// Names in lower case; content-length is the edge's affair.
    pub headers: Vec<(String, String)>,
    /// Usually JSON.
    pub body: Vec<u8>,
}

/// The edge to the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiInput {
    /// The client went away before its response (a held long poll, say).
    Abandoned {
        /// Which request.
        id: ApiId,
    },
    /// The outcome of `HashPasswords`.
    PasswordsHashed {
        /// The request that waits for it.
        id: ApiId,
        /// PHC strings, in their order.
        hashes: Vec<String>,
    },
    /// The outcome of `CheckPassword`.
    PasswordChecked {
        /// Which check.
        check: u64,
        /// Whether it fits.
        fits: bool,
    },
    /// A request.
    Request(ApiRequest),
    /// A Bayeux WebSocket is gone.
    SocketClosed {
        /// Which.
        socket: SocketId,
    },
    /// A Bayeux WebSocket asks to come up; `request` is its upgrade (cookie, Origin, path).
    /// Answered by `SocketAccept` or `SocketRefuse`.
    SocketOpened {
        /// Which.
        socket: SocketId,
        /// The upgrade request.
        request: ApiRequest,
    },
    /// A text frame.
    SocketText {
        /// Which.
        socket: SocketId,
        /// Bayeux JSON.
        text: String,
    },
}

/// The desk to the edge.
#[derive(Clone, PartialEq, Eq)]
pub enum ApiOutput {
    /// Read the audit log. The response goes to `id` from the program itself.
    Audit {
        /// Which request waits.
        id: ApiId,
        /// What of it.
        query: AuditPage,
    },
    /// Hashing is slow: done on a thread of its own, comes back as `PasswordChecked`.
    CheckPassword {
        /// Names the outcome.
        check: u64,
        /// PHC string of the person's password; `None` when there is no such person (the check
        /// takes as long all the same and fails).
        hash: Option<String>,
        /// What was typed.
        password: String,
    },
    /// Write or read a whole site as a file. The response goes to `id` from the program itself.
    ConfigurationFile {
        /// Which request waits.
        id: ApiId,
        /// Who asks.
        asked_by: UserName,
        /// What is to be done.
        work: FileWork,
    },
    /// Place a simulated customer's call (demo site only). The response goes to `id` from the
    /// program itself.
    CustomerCall {
        /// Which request waits.
        id: ApiId,
        /// The caller's number.
        ani: String,
        /// The number dialled.
        dnis: String,
        /// What the customer says; `None`: the stock recording.
        say: Option<String>,
        /// Who pressed the button.
        asked_by: UserName,
    },
    /// Hash passwords that somebody chose: slow too, comes back as `PasswordsHashed`.
    HashPasswords {
        /// The request that waits for it.
        id: ApiId,
        /// What was typed.
        passwords: Vec<String>,
    },
    /// Tell of the history; the desk has seen to it that who asks may.
    History {
        /// Which request waits.
        id: ApiId,
        /// What about.
        query: HistoryQuery,
    },
    /// Tell of one recording. This and the next three are answered by the program itself; the
    /// desk has seen to it that who asks may.
    Recording {
        /// Which request waits.
        id: ApiId,
        /// Which recording.
        recording: RecordingId,
    },
    /// Delete a recording, its sound too.
    RecordingDelete {
        /// Which request waits.
        id: ApiId,
        /// Which recording.
        recording: RecordingId,
        /// Who wants that.
        asked_by: UserName,
    },
    /// Send a recording's sound.
    RecordingSound {
        /// Which request waits.
        id: ApiId,
        /// Which recording.
        recording: RecordingId,
        /// The request's Range header, as received.
        range: Option<String>,
        /// Who listens.
        asked_by: UserName,
    },
    /// List recordings.
    Recordings {
        /// Which request waits.
        id: ApiId,
        /// Which.
        query: RecordingQuery,
    },
    /// A response.
    Response(ApiResponse),
    /// Let a WebSocket come up.
    SocketAccept {
        /// Which.
        socket: SocketId,
    },
    /// Close a WebSocket.
    SocketClose {
        /// Which.
        socket: SocketId,
    },
    /// Refuse a WebSocket's upgrade.
    SocketRefuse {
        /// Which.
        socket: SocketId,
        /// HTTP status.
        status: u16,
    },
    /// The files of sounds are asked for or changed. The response goes to `id` from the program
    /// itself.
    SoundFile {
        /// Which request waits.
        id: ApiId,
        /// Who asks.
        asked_by: UserName,
        /// What is to be done.
        work: SoundWork,
    },
    /// Send a text frame.
    SocketText {
        /// Which.
        socket: SocketId,
        /// Bayeux JSON.
        text: String,
    },
}

/// A page of the audit log, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Only objects of this kind.
    pub kind: Option<ObjectKind>,
    /// Only objects of this name.
    pub name: Option<String>,
    /// Only changes by this person or program.
    pub who: Option<String>,
    /// Without the first so many changes of objects.
    pub offset: u32,
    /// At most so many.
    pub limit: u32,
}

/// What is done with a whole site in one file.
#[derive(Clone, PartialEq, Eq)]
pub enum FileWork {
    /// Make the site what a file says.
    Apply {
        /// TOML or YAML.
        text: String,
        /// Only say what would change.
        is_plan: bool,
        /// Also remove what the file does not name.
        prunes: bool,
    },
    /// Write it.
    Export {
        /// `toml`, `yaml` or `json`.
        format: String,
    },
    /// Put in the lines of a table.
    Import {
        /// `agents` or `dns`.
        what: String,
        /// CSV.
        text: String,
        /// Only say what would change.
        is_plan: bool,
        /// Take the good lines though there are bad ones.
        skips_bad: bool,
    },
}

/// What is done with the files of sounds, each named by its path below their folder, such as
/// `en/welcome.wav`.
#[derive(Clone, PartialEq, Eq)]
pub enum SoundWork {
    /// Name all of them.
    List,
    /// Give one out.
    Read {
        /// Which.
        path: String,
    },
    /// Take one away.
    Remove {
        /// Which.
        path: String,
    },
    /// Put one there, or in another's place.
    Write {
        /// Where.
        path: String,
        /// WAV or Ogg.
        bytes: Vec<u8>,
    },
}

impl std::fmt::Debug for FileWork {
    /// Without what is in the files: passwords are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Apply { .. } => "Apply",
            Self::Export { .. } => "Export",
            Self::Import { .. } => "Import",
        })
    }
}

impl std::fmt::Debug for ApiOutput {
    /// Without passwords and bodies.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Audit { id, .. } => write!(f, "Audit({id})"),
            Self::CheckPassword { check, .. } => write!(f, "CheckPassword({check})"),
            Self::ConfigurationFile { id, .. } => write!(f, "ConfigurationFile({id})"),
            Self::CustomerCall { id, .. } => write!(f, "CustomerCall({id})"),
            Self::HashPasswords { id, passwords } => {
                write!(f, "HashPasswords({id} {})", passwords.len())
            }
            Self::History { id, .. } => write!(f, "History({id})"),
            Self::Recording { id, recording } => write!(f, "Recording({id} {recording})"),
            Self::RecordingDelete { id, recording, .. } => {
                write!(f, "RecordingDelete({id} {recording})")
            }
            Self::RecordingSound { id, recording, .. } => {
                write!(f, "RecordingSound({id} {recording})")
            }
            Self::Recordings { id, .. } => write!(f, "Recordings({id})"),
            Self::Response(r) => write!(f, "Response({} {})", r.id, r.status),
            Self::SoundFile { id, .. } => write!(f, "SoundFile({id})"),
            Self::SocketAccept { socket } => write!(f, "SocketAccept({socket})"),
            Self::SocketClose { socket } => write!(f, "SocketClose({socket})"),
            Self::SocketRefuse { socket, status } => write!(f, "SocketRefuse({socket} {status})"),
            Self::SocketText { socket, .. } => write!(f, "SocketText({socket})"),
        }
    }
}
