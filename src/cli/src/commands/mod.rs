//! One module for each command; what they share is how they fail.

mod build;
mod diff;
mod doctor;
mod documents;
mod export;
mod inspect;
mod keygen;
mod lookup;
mod networks;
mod serve;
mod store;
mod suppress;
mod try_target;
mod users;
mod verify;

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use nameplate::{Database, OpenOptions, PublicKey, SuppressionList};

use crate::args::Command;

/// What a command that failed leaves: a sentence for standard error.
type Failure = Box<dyn Error>;

/// Runs the command and turns its end into an exit code.
pub(crate) fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Lookup(lookup) => lookup::run(&lookup),
        Command::Serve(serve) => serve::run(serve),
        Command::Build(build) => build::run(build),
        Command::Keygen(keygen) => keygen::run(&keygen),
        Command::Inspect(inspect) => inspect::run(&inspect),
        Command::Verify(verify) => verify::run(&verify),
        Command::Networks(networks) => networks::run(&networks),
        Command::Diff(diff) => diff::run(&diff),
        Command::Export(export) => export::run(&export),
        Command::Suppress(suppress) => suppress::run(suppress.action),
        Command::Doctor(doctor) => doctor::run(&doctor),
        Command::Purge(purge) => store::purge(&purge),
        Command::Backup(backup) => store::backup(&backup),
        Command::Restore(restore) => store::restore(&restore),
        Command::User(user) => users::user(user.action),
        Command::Key(key) => users::key(key.action),
        Command::TryTarget(target) => try_target::run(&target),
        Command::Completions(completions) => documents::completions(&completions),
        Command::Man(man) => documents::man(&man),
    };
    match result {
        Ok(code) => code,
        Err(failure) if is_closed_output(&*failure) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("nameplate: {}", failure.to_string().replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// Opens a file, without what the list names if there is one.
fn open(path: &Path, list: Option<&Path>) -> Result<Database, nameplate::Error> {
    let list = list.map(SuppressionList::open).transpose()?;
    OpenOptions::default().suppression(list.as_ref()).open(path)
}

/// The same, and checks all of the file: for commands that read it from end to end, and whose
/// output others take for granted.
fn open_verified(path: &Path, list: Option<&Path>) -> Result<Database, nameplate::Error> {
    // Before the file, which may take its time to be checked.
    let list = list.map(SuppressionList::open).transpose()?;
    OpenOptions::default().verify(true).suppression(list.as_ref()).open(path)
}

/// The key that an option names: its file, or the key itself.
fn public_key(option: Option<&Path>) -> Result<Option<PublicKey>, nameplate::Error> {
    option.map(PublicKey::open).transpose()
}

/// Whoever reads the output has seen enough: `nameplate networks … | head`.
fn is_closed_output(failure: &(dyn Error + 'static)) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
