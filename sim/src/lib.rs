//! The whole board in virtual time over a virtual network.
//!
//! The board is the real one with all its systems; so are the SIP messages. Made up are time, the
//! network (with loss and delay), the media shard (it only describes legs), the callers on the
//! trunk, the agents' browser phones and their CTI program. A run with one seed is always the
//! same run.

mod caller;
mod network;
mod phone;
mod user_agent;
mod world;

pub use caller::{Caller, CallerState, Outcome};
pub use network::Weather;
pub use phone::{Phone, PhoneState};
pub use world::{AgentView, PhoneAct, World};
