//! What every socket of `io` shares: binding with an error that says what to do, handing facts to
//! the board, and outlets to connections.

mod bind;
mod certificate;
mod outlets;
mod stream;

pub use bind::{BindError, bind_tcp, bind_udp};
pub use certificate::{Certificate, CertificateError, CertificateFiles};
pub use outlets::{OUTLET_MESSAGES_MAX, Outlets};
pub use stream::{Stream, Streams};

use std::sync::Arc;

/// Where a socket hands over what it received. Never blocks; `Err(Full)` when the control
/// thread's queue is full: the socket then drops what can be repeated and closes what can't.
pub type Sink<T> = Arc<dyn Fn(T) -> Result<(), Full> + Send + Sync>;

/// The control thread's queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;
