//! `nameplate try-target`.

use std::fs;
use std::process::ExitCode;

use nameplate_leads::outgoing::config::{OutgoingConfig, TargetConfig, Targets};
use nameplate_leads::outgoing::try_target;
use serde::Deserialize;

use super::Failure;
use crate::args::TryTarget;

/// What of the configuration is needed here; the daemon checks all of it.
#[derive(Deserialize)]
struct Config {
    leads: Option<Leads>,
}

#[derive(Deserialize)]
struct Leads {
    #[serde(default)]
    outgoing: OutgoingConfig,
    #[serde(default)]
    targets: Vec<TargetConfig>,
}

pub(super) fn run(arguments: &TryTarget) -> Result<ExitCode, Failure> {
    let path = arguments.config.display();
    let text = fs::read_to_string(&arguments.config).map_err(|error| format!("{path}: {error}"))?;
    let config: Config = toml::from_str(&text).map_err(|error| format!("{path}: {}", error.message()))?;
    let Some(leads) = config.leads else { return Err(format!("{path}: there is no [leads]").into()) };
    let targets =
        Targets::new(&leads.outgoing, &leads.targets).map_err(|error| format!("{path}: {error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(try_target(&targets, &arguments.target))??;
    println!("{} took it", arguments.target);
    Ok(ExitCode::SUCCESS)
}
