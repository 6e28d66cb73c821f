//! Tidy: the rules of the house as a test; ladder viewer.
fn main() {}
