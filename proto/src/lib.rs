//! The public .proto files of the T-Server, Configuration Server and Stat Server ports, as Rust.
//!
//! Nothing here is written by hand: see `proto/`. What a field means is said there.

/// Configuration Server, port 5000.
pub mod config {
    /// `cordboard.config.v1`.
    #[allow(missing_docs, unused_qualifications, clippy::all, reason = "made from .proto files")]
    pub mod v1 {
        tonic::include_proto!("cordboard.config.v1");
    }
}

/// Stat Server, port 2020.
pub mod stat {
    /// `cordboard.stat.v1`.
    #[allow(missing_docs, unused_qualifications, clippy::all, reason = "made from .proto files")]
    pub mod v1 {
        tonic::include_proto!("cordboard.stat.v1");
    }
}

/// T-Server, port 5025.
pub mod tserver {
    /// `cordboard.tserver.v1`.
    #[allow(missing_docs, unused_qualifications, clippy::all, reason = "made from .proto files")]
    pub mod v1 {
        tonic::include_proto!("cordboard.tserver.v1");
    }
}

/// Every file's descriptor, for reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
