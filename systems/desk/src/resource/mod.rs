//! What each resource answers; one file per kind.

mod calls;
pub(crate) mod configuration;
mod contacts;
mod demo;
mod device_operation;
mod devices;
mod dial;
mod explain;
mod history;
mod me;
mod monitor;
mod open_api;
mod recordings;
mod replay;
mod services;
mod settings;
mod state;
pub(crate) mod statistics;
