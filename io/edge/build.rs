//! Rebuilds when the browser's files change.

fn main() {
    println!("cargo:rerun-if-changed=../../ui/dist");
}
