//! One module for each command; what they share is how they fail.

mod build;
mod documents;
mod inspect;
mod lookup;
mod networks;
mod serve;
mod verify;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use crate::args::Command;

/// What a command that failed leaves: a sentence for standard error.
type Failure = Box<dyn Error>;

/// Runs the command and turns its end into an exit code.
pub(crate) fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Lookup(lookup) => lookup::run(&lookup),
        Command::Serve(serve) => serve::run(serve),
        Command::Build(build) => build::run(build),
        Command::Inspect(inspect) => inspect::run(&inspect),
        Command::Verify(verify) => verify::run(&verify),
        Command::Networks(networks) => networks::run(&networks),
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

/// Whoever reads the output has seen enough: `nameplate networks … | head`.
fn is_closed_output(failure: &(dyn Error + 'static)) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
