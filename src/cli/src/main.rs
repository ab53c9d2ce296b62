//! The `nameplate` command: reads the arguments, calls a room, prints one line when it fails.

mod args;
mod commands;

use std::process::ExitCode;

use clap::Parser;

/// Every room's allocations are short-lived and of few sizes, which mimalloc serves best.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code of a command that was called wrongly.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    match args::Arguments::try_parse() {
        Ok(arguments) => commands::run(arguments.command),
        Err(error) => usage_error(&error),
    }
}

/// Help and version are printed as they are; anything else becomes one line.
fn usage_error(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    {
        let code = if error.use_stderr() { WRONG_USAGE } else { 0 };
        // A closed output is nobody's error here.
        let _ = error.print();
        return ExitCode::from(code);
    }
    // clap's first paragraph says what is wrong; usage and a hint follow it.
    let text = error.to_string();
    let what: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let what = what.join(" ");
    eprintln!("nameplate: {}; see nameplate --help", what.strip_prefix("error: ").unwrap_or(&what));
    ExitCode::from(WRONG_USAGE)
}
