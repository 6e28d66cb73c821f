//! A stream of a value's versions: the one of now, then each later one that there is time for.

use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt};
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tonic::Status;

use crate::stopped;

/// Versions in the wire's form.
pub type Versions<M> = Pin<Box<dyn Stream<Item = Result<M, Status>> + Send>>;

/// The value as it is now and after each change, until the server stops. A slow client misses
/// versions in between; the newest always comes.
pub fn versions<T, M>(
    source: watch::Receiver<Arc<T>>,
    stop: watch::Receiver<bool>,
    translate: fn(&T) -> M,
) -> Versions<M>
where
    T: Send + Sync + 'static,
    M: Send + 'static,
{
    let values = WatchStream::new(source).map(move |value| Ok(translate(&value)));
    values.take_until(Box::pin(stopped(stop))).boxed()
}
