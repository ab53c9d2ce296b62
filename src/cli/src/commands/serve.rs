//! `nameplate serve`.

use std::io::IsTerminal;
use std::process::ExitCode;

use nameplate_daemon::{Account, Config, ConfigError};
use nameplate_web::WebConfig;
use tracing_subscriber::filter::LevelFilter;

use super::Failure;
use crate::allocator;
use crate::args::Serve;

pub(super) fn run(arguments: Serve) -> Result<ExitCode, Failure> {
    let config = configuration(arguments)?;
    let level = log_level()?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_max_level(level).with_ansi(colours).with_writer(std::io::stderr).init();
    allocator::serve_a_daemon();
    nameplate_daemon::serve(&config, || {})?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration file, with the flags put over it.
fn configuration(arguments: Serve) -> Result<Config, ConfigError> {
    let mut config = arguments.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    let Serve { db, socket, suppress, public_key, map, prefault, allow_older, monitor, http, .. } = arguments;
    let Serve { mode, group, allow_users, allow_groups, .. } = arguments;
    config.db = db.unwrap_or(config.db);
    config.socket = socket.unwrap_or(config.socket);
    config.suppress = suppress.or(config.suppress);
    config.public_key = public_key.or(config.public_key);
    config.monitor.socket = monitor.or(config.monitor.socket);
    config.map |= map;
    config.prefault |= prefault;
    config.allow_older |= allow_older;
    let access = &mut config.access;
    access.mode = mode.unwrap_or(access.mode);
    access.group = group.map(Account::Name).or(access.group.take());
    // Flags win over the file as one list: who is named there alone is not let in by a flag for another.
    if !allow_users.is_empty() || !allow_groups.is_empty() {
        access.allow_users = allow_users.into_iter().map(Account::Name).collect();
        access.allow_groups = allow_groups.into_iter().map(Account::Name).collect();
    }
    if let Some(listen) = http {
        match &mut config.web {
            Some(web) => web.listen = listen,
            None => config.web = Some(WebConfig::at(listen)),
        }
    }
    config.check()?;
    Ok(config)
}

fn log_level() -> Result<LevelFilter, Failure> {
    match std::env::var("RUST_LOG") {
        Ok(level) => level.parse().map_err(|_| "RUST_LOG: not one of error, warn, info, debug, trace".into()),
        Err(_) => Ok(LevelFilter::INFO),
    }
}
