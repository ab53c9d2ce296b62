//! The program behind `make bench`; the library beside it says what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nameplate_benches::cases::bindings::{self, Places};
use nameplate_benches::cases::{Plan, leads, memory, real, scale, socket, visits};
use nameplate_benches::data::Data;
use nameplate_benches::figures::figures;
use nameplate_benches::measure::Pinned;
use nameplate_benches::memory::Counting;
use nameplate_benches::report::{self, Case};
use nameplate_benches::sockets::echo;
use nameplate_benches::subjects::mmdb_file::{Record, with_mmdb_writer};
use nameplate_benches::{Result, chart, count, machine, streams};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The cases in the chart.
const CHART: [(&str, &str); 4] = [
    ("IPv4, name, random range", "IPv4, with the organisation's name"),
    ("IPv4, id, random range", "IPv4, id alone"),
    ("IPv6, name, random range", "IPv6, with the organisation's name"),
    ("IPv6, id, random range", "IPv6, id alone"),
];

/// Measures nameplate beside its rivals, on the same data and the same addresses.
///
/// A whole run writes target/bench/report.json, benches/RESULTS.md and benches/results.svg; a run
/// with --quick or --only writes report.json alone.
#[derive(Parser)]
struct Arguments {
    /// Fewer addresses and rounds, and no large tables: to see whether it works.
    #[arg(long)]
    quick: bool,
    /// Only cases whose name contains this; may be given several times.
    #[arg(long, value_name = "CASE")]
    only: Vec<String>,
    /// Rounds in which every subject has one turn; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Also tables of 10M IPv4 and 5M IPv6 ranges: takes 8 GB of memory and some minutes.
    #[arg(long)]
    scale: bool,
    /// Lets the system choose the cores of the socket's client and servers, which otherwise have their own.
    #[arg(long)]
    floating: bool,
    /// Directory with nameplate.toml and the tables; without it NAMEPLATE_DATA, or "data".
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// What runs under callgrind.
    #[command(hide = true)]
    Count {
        #[arg(long)]
        file: PathBuf,
        #[arg(long)]
        mmdb: PathBuf,
    },
    /// What asks a store for pages of companies, and then offers visits to it.
    #[command(hide = true)]
    Companies {
        #[arg(long)]
        store: PathBuf,
        #[arg(long)]
        seconds: u64,
    },
    /// The echo that the daemon is compared with.
    #[command(hide = true)]
    Echo {
        #[arg(long)]
        socket: PathBuf,
        #[arg(long)]
        reply: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        Some(Command::Count { file, mmdb }) => count::child(file, mmdb),
        Some(Command::Companies { store, seconds }) => leads::child(store, *seconds),
        Some(Command::Echo { socket, reply }) => echo::child(socket, reply),
        None => run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nameplate-benches: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let plan = Plan {
        only: arguments.only.clone(),
        rounds: if arguments.quick { 3 } else { arguments.rounds.max(1) },
        length: if arguments.quick { streams::LENGTH / 5 } else { streams::LENGTH },
        quick: arguments.quick,
    };
    let directory = Path::new("target/bench");
    fs::create_dir_all(directory)?;
    let mut cases = Vec::new();
    let mut hear = |case: Case| {
        println!("{}", report::text(&case));
        cases.push(case);
    };
    leads::measure(directory, &plan, arguments.scale, &mut hear)?;
    if plan.wants_leads_alone() {
        report::write_json(&cases, &directory.join("report.json"))?;
        println!("{}", report::figures_table(&figures(&cases)));
        return Ok(());
    }
    let tables = arguments.data.clone().or_else(|| std::env::var_os("NAMEPLATE_DATA").map(PathBuf::from));
    let data = Data::build(&tables.unwrap_or_else(|| "data".into()), &directory.join("bench.npl"))?;
    if !plan.wants_socket_alone() {
        let mmdb = directory.join("bench.mmdb");
        let record = |id| Record { asn: data.asn(id), name: data.name(id) };
        // What an MMDB keeps for IPv4 can't hold IPv6 ranges.
        fs::write(&mmdb, with_mmdb_writer(&data.v4, &data.v6_hits(), record)?)?;
        measure_real(&data, &mmdb, &plan, &mut hear)?;
        if plan.wants("instructions per lookup") {
            count::measure(&data, &mmdb, directory)?.into_iter().for_each(&mut hear);
        }
    }
    if plan.wants_bindings() {
        bindings::measure(&places(directory), &plan, &mut hear)?;
    }
    socket::measure(&data, tempfile::tempdir()?.path(), &plan, arguments.floating, &mut hear)?;
    visits::measure(&data, tempfile::tempdir()?.path(), &plan, arguments.floating, &mut hear)?;
    if arguments.scale && !arguments.quick {
        scale::measure(&data, directory, &plan, &mut hear)?;
    }

    report::write_json(&cases, &directory.join("report.json"))?;
    let figures = figures(&cases);
    println!("{}", report::figures_table(&figures));
    if !arguments.quick && arguments.only.is_empty() {
        let benches = Path::new("benches");
        chart::write(&cases, &CHART, &benches.join("results.svg"))?;
        let (template, results) = (benches.join("RESULTS.template.md"), benches.join("RESULTS.md"));
        report::write_results(&template, &results, &machine::describe(), &cases, &figures)?;
    }
    Ok(())
}

/// Where `make` puts what the languages' scripts measure.
fn places(directory: &Path) -> Places {
    let target = Path::new("target");
    Places {
        range: directory.join("bench.npl"),
        mmdb: directory.join("bench.mmdb"),
        packages: target.join("packages"),
        nameplate: target.join("release/nameplate"),
    }
}

fn measure_real(data: &Data, mmdb: &Path, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    let rivals = real::Rivals::build(data, mmdb)?;
    real::check_edges(data, &rivals)?;
    let _pinned = Pinned::new();
    real::measure(data, &rivals, plan, &mut hear)?;
    #[cfg(feature = "libmaxminddb")]
    nameplate_benches::cases::capi::measure(data, &rivals, plan, &mut hear)?;
    let mmdb_bytes = fs::metadata(mmdb)?.len();
    memory::cases(data, &rivals.bytes, mmdb_bytes)
        .into_iter()
        .filter(|case| plan.wants(&case.name))
        .for_each(hear);
    Ok(())
}
