//! placeholder
#![allow(dead_code)]
mod table;
type Failure = Box<dyn std::error::Error>;
fn main() {}
