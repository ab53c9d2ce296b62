//! The program's own pages. Starting reads arguments, configuration and relocations, once: code and tables that count as the daemon's memory
//! for as long as nobody else needs the room.

use std::{env, fs};

/// Gives the pages of the program's code and constants back to the system's cache of files. What is needed again comes from there, for a
/// fault of about a microsecond each; what only the start needed does not come back. Where `/proc` can't be read nothing is done.
pub(crate) fn give_back_what_the_start_needed() {
    let (Ok(program), Ok(maps)) = (env::current_exe(), fs::read_to_string("/proc/self/maps")) else { return };
    for line in maps.lines().filter(|line| program.to_str().is_some_and(|program| line.ends_with(program))) {
        let mut fields = line.split_ascii_whitespace();
        let (Some(range), Some(access), Some(offset)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        // Code, and the constants before it. Others that can't be written to were, when they were relocated.
        if access != "r-xp" && (access, offset) != ("r--p", "00000000") {
            continue;
        }
        let Some((first, end)) = range.split_once('-') else { continue };
        let (Ok(first), Ok(end)) = (usize::from_str_radix(first, 16), usize::from_str_radix(end, 16)) else {
            continue;
        };
        // SAFETY: a private mapping of a file that was never written to: whoever reads it again finds the file's bytes there. It advises;
        // where it fails the pages stay.
        unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_DONTNEED) };
    }
}
