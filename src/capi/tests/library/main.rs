//! The library as its users meet it: installed, linked from C and C++, watched by sanitizers and valgrind.
//!
//! The programs are in `tests/c`; each is a test. With `NAMEPLATE_LONG` set they also run under valgrind.

mod abi;
mod build;
mod files;
mod programs;
