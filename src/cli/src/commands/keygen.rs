//! `nameplate keygen`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nameplate::SecretKey;

use super::Failure;
use crate::args::Keygen;

pub(super) fn run(arguments: &Keygen) -> Result<ExitCode, Failure> {
    let secret = &arguments.secret;
    let public = public_path(secret);
    if fs::symlink_metadata(&public).is_ok() {
        return Err(format!("{}: is there already; it is left as it is", public.display()).into());
    }
    let key = SecretKey::generate()?;
    key.save(secret)?;
    if let Err(error) = key.save_public_key(&public) {
        // Half a pair is none. The first error is the one to tell.
        let _ = fs::remove_file(secret);
        return Err(error.into());
    }
    println!("secret key      {} (keep it secret, and a backup of it)", secret.display());
    println!("public key      {}", public.display());
    println!("                {}", key.public_key());
    Ok(ExitCode::SUCCESS)
}

fn public_path(secret: &Path) -> PathBuf {
    let mut path = OsString::from(secret);
    path.push(".pub");
    path.into()
}
