//! `nameplate networks`.

use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::process::ExitCode;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use nameplate::Network;
use serde_json::json;

use super::{Failure, open};
use crate::args::Networks;

pub(super) fn run(arguments: &Networks) -> Result<ExitCode, Failure> {
    let database = open(&arguments.db, arguments.suppress.as_deref())?;
    if database.company(&arguments.id).is_none() {
        let what = "has no company with this id; lookup shows a company's id";
        return Err(format!("{}: {what}", arguments.db.display()).into());
    }
    let mut out = BufWriter::new(io::stdout().lock());
    for network in database.networks(&arguments.id) {
        let cidrs: Vec<String> = minimal_cidrs(network).map(|cidr| cidr.to_string()).collect();
        if arguments.json {
            writeln!(out, "{}", json!({"first": network.first, "last": network.last, "cidrs": cidrs}))?;
        } else {
            writeln!(out, "{} - {}\t{}", network.first, network.last, cidrs.join(" "))?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The fewest CIDR prefixes that cover exactly the range.
fn minimal_cidrs(network: Network) -> Box<dyn Iterator<Item = IpNet>> {
    match (network.first, network.last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Box::new(Ipv4Subnets::new(first, last, 0).map(IpNet::V4)),
        (IpAddr::V6(first), IpAddr::V6(last)) => Box::new(Ipv6Subnets::new(first, last, 0).map(IpNet::V6)),
        _ => Box::new(std::iter::empty()),
    }
}
