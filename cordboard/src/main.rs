//! The program: configuration, assembly, command line.
fn main() {}
