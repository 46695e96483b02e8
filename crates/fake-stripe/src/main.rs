//! The fake as a process of its own.

fn main() {}
