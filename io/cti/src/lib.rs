//! gRPC services on 5025, 5000 and 2020.
