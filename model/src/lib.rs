//! The words every system shares: identifiers, calls, agents, configuration, time.
//!
//! Nothing here acts. Systems speak to one another only in these types, and only through the
//! board; `io` turns them into bytes on sockets and rows in tables. Names are the field's own:
//! T-Library's requests, events and enumerations keep their names and numbers.

pub mod agent;
pub mod api;
pub mod call;
pub mod capability;
pub mod codecs;
pub mod condition;
pub mod config;
pub mod error;
pub mod event;
pub mod explain;
pub mod history;
pub mod id;
pub mod kv;
pub mod leg;
pub mod media;
pub mod monitor;
pub mod network;
pub mod prompt;
pub mod random;
pub mod recording;
pub mod relay;
pub mod replay;
pub mod request;
pub mod sip;
pub mod skill;
pub mod stat;
pub mod story;
pub mod strategy;
pub mod system;
pub mod time;
pub mod tserver;
pub mod webhook;

pub use agent::{AgentState, WorkMode};
pub use call::{CallState, CallType, DnRole};
pub use capability::{Capabilities, Capability};
pub use config::Configuration;
pub use error::TError;
pub use event::{Event, EventName};
pub use id::{
    AgentId, CallUuid, ClientId, ConnId, Dn, LegId, PlaceName, ReferenceId, SkillName,
    StrategyName, TrunkName, UserName,
};
pub use kv::{KvList, KvValue};
pub use request::{Origin, Request, RequestName, TRequest};
pub use system::System;
pub use time::Now;
