//! `nameplate verify`.

use std::process::ExitCode;

use nameplate::OpenOptions;

use super::{Failure, public_key};
use crate::args::Verify;

pub(super) fn run(arguments: &Verify) -> Result<ExitCode, Failure> {
    let key = public_key(arguments.public_key.as_deref())?;
    let file = OpenOptions::default().public_key(key.as_ref()).verify(true).open(&arguments.file)?;
    match (key, file.metadata().signer()) {
        (Some(key), _) => println!("{}: ok, signed by {key}", arguments.file.display()),
        // Whoever made the file chose the key that it names.
        (None, Some(key)) => {
            println!(
                "{}: ok; it names {key} as its signer, give --public-key to check that",
                arguments.file.display()
            );
        }
        (None, None) => println!("{}: ok", arguments.file.display()),
    }
    Ok(ExitCode::SUCCESS)
}
