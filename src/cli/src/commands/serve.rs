//! `nameplate serve`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nameplate_daemon::Options;
use serde::Deserialize;
use tracing_subscriber::filter::LevelFilter;

use super::{Failure, public_key};
use crate::args::Serve;

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    db: Option<PathBuf>,
    socket: Option<PathBuf>,
    #[serde(default)]
    map: bool,
    #[serde(default)]
    prefault: bool,
    suppress: Option<PathBuf>,
    /// A file's path, or the key itself.
    public_key: Option<PathBuf>,
    #[serde(default)]
    allow_older: bool,
}

pub(super) fn run(arguments: Serve) -> Result<ExitCode, Failure> {
    let config = arguments.config.as_deref().map(read_config).transpose()?.unwrap_or_default();
    let key = arguments.public_key.or(config.public_key);
    let options = Options {
        database: arguments.db.or(config.db).ok_or("no range file: give --db or the key db")?,
        socket: arguments.socket.or(config.socket).ok_or("no socket: give --socket or the key socket")?,
        map: arguments.map || config.map,
        prefault: arguments.prefault || config.prefault,
        suppression: arguments.suppress.or(config.suppress),
        public_key: public_key(key.as_deref())?,
        allow_older: arguments.allow_older || config.allow_older,
    };
    let level = log_level()?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_max_level(level).with_ansi(colours).with_writer(std::io::stderr).init();
    nameplate_daemon::serve(&options, || {})?;
    Ok(ExitCode::SUCCESS)
}

fn read_config(path: &Path) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        format!("{}, line {line}: {}", path.display(), error.message()).into()
    })
}

fn log_level() -> Result<LevelFilter, Failure> {
    match std::env::var("RUST_LOG") {
        Ok(level) => level.parse().map_err(|_| "RUST_LOG: not one of error, warn, info, debug, trace".into()),
        Err(_) => Ok(LevelFilter::INFO),
    }
}
