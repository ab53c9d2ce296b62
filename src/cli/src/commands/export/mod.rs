//! `nameplate export`: every network with an answer, in formats that other programs read.
//! docs/EXPORT.md says what each holds.

mod csv;
mod mmdb;
mod ndjson;
mod output;

use std::path::Path;
use std::process::ExitCode;

use super::{Failure, open_verified};
use crate::WRONG_USAGE;
use crate::args::{Export, ExportFormat};

pub(super) fn run(arguments: &Export) -> Result<ExitCode, Failure> {
    let path = &arguments.output;
    if arguments.format == ExportFormat::Mmdb && path == Path::new("-") {
        eprintln!("nameplate: mmdb goes to a file, not to standard output; give -o FILE");
        return Ok(ExitCode::from(WRONG_USAGE));
    }
    let database = open_verified(&arguments.db, arguments.suppress.as_deref())?;
    output::write(path, |out| match arguments.format {
        ExportFormat::Csv => csv::write(&database, out),
        ExportFormat::Ndjson => ndjson::write(&database, out),
        ExportFormat::Mmdb => mmdb::write(&database, out),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is said of a source whose licence whoever built the file left out.
const NO_LICENCE: &str = "not stated";
