//! `nameplate verify`.

use std::process::ExitCode;

use super::{Failure, open_verified};
use crate::args::Verify;

pub(super) fn run(arguments: &Verify) -> Result<ExitCode, Failure> {
    open_verified(&arguments.file, None)?;
    println!("{}: ok", arguments.file.display());
    Ok(ExitCode::SUCCESS)
}
