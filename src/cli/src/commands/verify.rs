//! `nameplate verify`.

use std::process::ExitCode;

use nameplate::{Database, Error};

use super::Failure;
use crate::args::Verify;

pub(super) fn run(arguments: &Verify) -> Result<ExitCode, Failure> {
    let path = &arguments.file;
    let database = Database::open(path)?;
    database.verify().map_err(|source| Error::Format { path: path.clone(), source })?;
    println!("{}: ok", path.display());
    Ok(ExitCode::SUCCESS)
}
