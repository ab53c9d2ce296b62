//! `nameplate completions` and `nameplate man`: what packagers install beside the program.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use super::Failure;
use crate::args::{Arguments, Completions, Man};

pub(super) fn completions(arguments: &Completions) -> Result<ExitCode, Failure> {
    // Written at once: the generator panics when its output is closed.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "nameplate", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(arguments: &Man) -> Result<ExitCode, Failure> {
    let directory = &arguments.directory;
    clap_mangen::generate_to(Arguments::command(), directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(ExitCode::SUCCESS)
}
