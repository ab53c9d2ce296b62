//! What a lookup costs, beside everything a user could pick instead.
//!
//! `make bench` runs this program. Ours and its rivals answer the same addresses from the same
//! data, in turns (A B C, A B C, …), so that a noisy neighbour hits all of them; what counts is
//! the median of the rounds. All answers are compared before anything is timed, and their
//! checksums in every timed round: a rival that answers something else ends the run.
//!
//! ```text
//! data (range file, intervals) --> subjects (ours, rivals) --\
//!                              \-> streams (addresses) ------+--> measure --> report, chart
//! ```
//!
//! # Map of the modules
//!
//! `data` builds the range file and reads its intervals; `scale` splits them to millions;
//! `streams` draws the addresses; `subjects` has a file for each rival; `measure` takes the times;
//! `cases` says what is compared with what; `sockets` has the daemon and its rivals as processes,
//! and their client; `count` counts instructions; `figures` holds the ratios to reach; `report`, `chart`
//! and `machine` write down what came out.

#![allow(clippy::cast_precision_loss, reason = "figures to read are far below 2^52, or need no more digits")]

pub mod cases;
pub mod chart;
pub mod count;
pub mod data;
pub mod figures;
pub mod machine;
pub mod measure;
pub mod memory;
pub mod report;
pub mod scale;
pub mod sockets;
pub mod streams;
pub mod subjects;

/// Whatever went wrong: a benchmark that can't go on says why and ends.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
