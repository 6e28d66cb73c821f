//! Connections of any kind, handed from the socket that accepted them to whom they are for.

use std::{net::SocketAddr, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Takes connections with the address of their far end.
pub type Streams = Arc<dyn Fn(Box<dyn Stream>, SocketAddr) + Send + Sync>;
