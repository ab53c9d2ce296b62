//! `nameplate purge`, `backup`, `restore`: by the daemon where it runs, for one process at a time may write the store.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nameplate_daemon::Config;
use nameplate_daemon::client::{Client, Error};
use nameplate_daemon::resp::Reply;
use nameplate_leads::config::LeadsConfig;
use nameplate_leads::store::{self, BackupReport, Store};
use nameplate_leads::{now, store_options};

use super::Failure;
use crate::args::{Backup, Purge, Restore};

/// Who it was, for the audit log.
const ACTOR: &str = "command line";

pub(super) fn purge(arguments: &Purge) -> Result<ExitCode, Failure> {
    let (config, leads) = configuration(&arguments.config)?;
    let rows = match daemon(&config)? {
        Some(mut daemon) => match daemon.command(&[b"PURGE"])? {
            Reply::Integer(rows) => rows.unsigned_abs(),
            _ => return Err(Error::Unexpected.into()),
        },
        None => open(&leads)?.purge(&leads.retention(), now())?.rows(),
    };
    println!("removed: {rows} rows");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn backup(arguments: &Backup) -> Result<ExitCode, Failure> {
    let (config, leads) = configuration(&arguments.config)?;
    // The daemon's working directory is another.
    let directory = std::path::absolute(&arguments.directory)?;
    let path = match daemon(&config)? {
        Some(mut daemon) => match daemon.command(&[b"BACKUP", directory.as_os_str().as_bytes()])? {
            Reply::Bulk(path) => PathBuf::from(std::ffi::OsStr::from_bytes(&path)),
            _ => return Err(Error::Unexpected.into()),
        },
        None => open(&leads)?.backup_into(&directory, leads.retention.backup_days, ACTOR, now())?,
    };
    println!("{}", path.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(arguments: &Restore) -> Result<ExitCode, Failure> {
    let named = |error| format!("{}: {error}", arguments.backup.display());
    if arguments.verify {
        let report = store::verify_backup(&arguments.backup).map_err(named)?;
        println!("sound: {}", describe(&report));
        return Ok(ExitCode::SUCCESS);
    }
    let Some(config) = &arguments.config else { return Err("give --config, or --verify".into()) };
    let (_, leads) = configuration(config)?;
    let report = store::restore(&arguments.backup, &leads.store, ACTOR, now()).map_err(named)?;
    println!("restored: {}", describe(&report));
    Ok(ExitCode::SUCCESS)
}

fn describe(report: &BackupReport) -> String {
    let taken = jiff::Timestamp::from_millisecond(report.taken)
        .map_or_else(|_| "an unknown time".into(), |time| time.to_string());
    let rows: u64 = report.rows.iter().map(|(_, rows)| rows).sum();
    format!("version {}, taken {taken}, {rows} rows in {} tables", report.version, report.rows.len())
}

/// The configuration, which must have leads.
fn configuration(path: &Path) -> Result<(Config, LeadsConfig), Failure> {
    let config = Config::read(path)?;
    config.check()?;
    let leads =
        config.leads.clone().ok_or_else(|| format!("{}: there is no [leads] in it", path.display()))?;
    Ok((config, leads))
}

/// A connection to the daemon, where one runs.
fn daemon(config: &Config) -> Result<Option<Client>, Failure> {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    match Client::connect(&config.socket) {
        Ok(client) => Ok(Some(client)),
        Err(Error::Connect { source, .. }) if matches!(source.kind(), ConnectionRefused | NotFound) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn open(leads: &LeadsConfig) -> Result<Store, Failure> {
    Store::open(&leads.store, store_options(leads))
        .map_err(|error| format!("{}: {error}", leads.store.display()).into())
}
