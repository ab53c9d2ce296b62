//! The daemon beside Redis and beside an echo, over Unix sockets, as their clients see them.
//!
//! Each server is a process of its own that this one starts and ends. One client asks all of them: it
//! sends requests that were encoded before and walks the replies by their lengths, with the same code
//! whoever answers. Time is that of the clock on the wall, because both sides take part.
//!
//! # Map of the modules
//!
//! `server` starts the processes; `echo` is one of them; `client` sends and reads; `script` holds the
//! requests and compares every reply once; `cores` says who runs where.

pub mod client;
pub mod cores;
pub mod echo;
pub mod script;
pub mod server;
