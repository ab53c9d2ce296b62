//! The `nameplate` command: reads the arguments, calls a room, prints one line when it fails.

mod allocator;
mod args;
mod commands;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

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
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let code = if error.use_stderr() { WRONG_USAGE } else { 0 };
        // A closed output is nobody's error here.
        let _ = error.print();
        return ExitCode::from(code);
    }
    eprintln!("nameplate: {}; see nameplate --help", what_is_wrong(error));
    ExitCode::from(WRONG_USAGE)
}

/// In words of our own: clap's quote the argument, which may be an address.
fn what_is_wrong(error: &clap::Error) -> String {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(name)) => name.clone(),
        Some(ContextValue::Strings(names)) => names.join(" "),
        _ => String::new(),
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => "there is no such command".into(),
        ErrorKind::UnknownArgument => "an option that does not exist, or an argument too many".into(),
        // These name options of ours, not what was typed.
        ErrorKind::MissingRequiredArgument => format!("missing: {}", named(ContextKind::InvalidArg)),
        ErrorKind::ArgumentConflict => {
            format!("{} does not go with {}", named(ContextKind::InvalidArg), named(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::NoEquals => {
            let values = named(ContextKind::ValidValue);
            let values = if values.is_empty() { values } else { format!(", it is one of: {values}") };
            format!("the value of {} is missing or does not fit{values}", named(ContextKind::InvalidArg))
        }
        _ => "wrong arguments".into(),
    }
}
