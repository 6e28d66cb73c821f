//! The public .proto files of the T-Server, Configuration Server and Stat Server ports.
