//! GWS REST v2 as JSON: the shapes that are sent, and request bodies read into commands.
//!
//! Two dialects ask for the same things: the plain form (`PUT …/calls/{id} {"action"}`) and the
//! genuine one (`POST …/calls/{id} {"operationName"}`). Both are read into one command type here,
//! so that nothing behind this crate knows which was spoken. What can't be read is a [`Problem`],
//! which is also the shape of every error that is sent.

mod call_command;
mod device_command;
mod history_query;
mod me_command;
mod message;
mod moment;
mod page;
mod problem;
mod recording_query;
mod shape;
mod state_command;
mod statistic_request;

pub use call_command::{
    CallCommand, Reach, read_call_action, read_call_operation, read_conference, read_dial,
    read_dial_operation, read_transfer,
};
pub use device_command::{
    DeviceCommand, MonitorTarget, MonitorWish, monitor_word, read_device_operation,
};
pub use history_query::{read_calls_query, read_cdr_format, read_interval_query, read_span};
pub use me_command::{
    CustomerCall, Login, MeCommand, SessionStart, read_customer_call, read_login, read_me_operation,
};
pub use message::{
    CallMessage, DeviceMessage, ErrorMessage, LevelsMessage, NotificationType, StateMessage,
};
pub use moment::moment_ms;
pub use page::Query;
pub use problem::{Problem, StatusCode};
pub use recording_query::read_recording_query;
pub use shape::{
    Call, CallWord, Contact, Customer, Device, Feature, Participant, Phone, PhoneNumber, Section,
    Service, Setting, SkillLevel, SupervisorMonitoring, User, UserState,
};
pub use state_command::{
    AgentWord, NOT_READY_REASONS, NotReadyReason, StateCommand, agent_state_settings,
    agent_state_word, read_state, read_state_operation, user_state,
};
pub use statistic_request::{
    AskedStatistic, SubscriptionCommand, read_peek, read_statistics, read_subscription_operation,
    statistic_problem,
};

/// Most pairs that one request may put into user data, on all levels.
pub const USER_DATA_PAIRS_MAX: usize = 200;
/// Most bytes of keys and texts that one request may put into user data.
pub const USER_DATA_BYTES_MAX: usize = 32 * 1024;
/// Longest not-ready reason, in characters.
pub const REASON_CHARS_MAX: usize = 64;
/// Longest after-call work that can be asked for, in seconds: a working day.
pub const WRAP_UP_S_MAX: u32 = 8 * 3600;
/// Longest user name or password that is taken, in bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 256;
/// Longest telephone number that is taken, in characters.
pub const NUMBER_CHARS_MAX: usize = 32;
/// Most keys that one request presses.
pub const DIGITS_MAX: usize = 128;
/// Longest text that a simulated customer speaks, in characters.
pub const SPEECH_CHARS_MAX: usize = 500;
