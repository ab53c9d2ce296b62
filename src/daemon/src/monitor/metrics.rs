//! What is shown, under which names. docs/METRICS.md explains it to users, and a test compares both.
//!
//! Labels are fixed words. What clients asked for and got is in none of them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nameplate_leads::VisitCounts;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::process;
use crate::commands::request_kinds;
use crate::counters::{Outcome, PACKED, Refusal};
use crate::state::State;

/// The metrics of a daemon.
pub(super) struct Metrics(Registry);

impl Metrics {
    pub(super) fn new(state: Arc<State>) -> Metrics {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Shown(state)));
        Metrics(registry)
    }

    /// All of them as they are now, in OpenMetrics.
    pub(super) fn openmetrics(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.0).expect("writing to a String does not fail, nor does what is shown");
        text
    }
}

/// Reads the state's counters when it is asked to.
struct Shown(Arc<State>);

/// As the crate asks for; a state says nothing of itself.
impl fmt::Debug for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shown")
    }
}

impl Collector for Shown {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        requests(&self.0, &mut page)?;
        clients(&self.0, &mut page)?;
        file(&self.0, &mut page)?;
        reloads(&self.0, &mut page)?;
        if let Some(leads) = self.0.leads() {
            visits(leads.counts(), &mut page)?;
        }
        process(&self.0, &mut page)
    }
}

fn requests(state: &State, page: &mut Page<'_>) -> fmt::Result {
    page.counters(
        "nameplate_requests",
        "Commands answered, errors included.",
        "command",
        request_kinds().map(|(name, kind)| (name, state.total(|counters| counters.requests(kind)))),
    )?;
    page.counters(
        "nameplate_answers",
        "Addresses answered by LOOKUP, MLOOKUP and LOOKUPJSON.",
        "status",
        Outcome::all().map(|outcome| (outcome.name(), state.total(|counters| counters.answers(outcome)))),
    )?;
    page.counters(
        "nameplate_packed_addresses",
        "Addresses answered by LOOKUPPACKED.",
        "answer",
        PACKED
            .into_iter()
            .enumerate()
            .map(|(at, name)| (name, state.total(|counters| counters.packed()[at]))),
    )?;
    let latency = state.latency();
    page.family(
        "nameplate_request_duration_seconds",
        "From when a batch of requests has been read until its replies are written, once for each request.",
        MetricType::Histogram,
    )?
    .encode_histogram::<NoLabelSet>(latency.sum, latency.count, &latency.buckets, None)
}

fn clients(state: &State, page: &mut Page<'_>) -> fmt::Result {
    page.gauge("nameplate_clients", "Clients connected.", &state.clients())?;
    page.counter(
        "nameplate_connections",
        "Clients that have connected since the start.",
        &state.connections(),
    )?;
    page.counters(
        "nameplate_refusals",
        "What limits have refused.",
        "reason",
        Refusal::ALL
            .into_iter()
            .map(|refusal| (refusal.name(), state.total(|counters| counters.refused(refusal)))),
    )
}

fn file(state: &State, page: &mut Page<'_>) -> fmt::Result {
    let snapshot = state.snapshot();
    let metadata = snapshot.metadata();
    page.gauge(
        "nameplate_generation",
        "How many files have been served, this one included.",
        &snapshot.generation(),
    )?;
    page.gauge(
        "nameplate_generation_age_seconds",
        "Since the file was put in place, at the start or by a reload.",
        &state.placed().as_secs_f64(),
    )?;
    page.gauge(
        "nameplate_generations_held",
        "Files in memory: the one that is served, and those that readers still hold.",
        &state.generations_held(),
    )?;
    page.gauge("nameplate_file_build_number", "Build number of the file.", &metadata.build_number())?;
    page.gauge("nameplate_file_size_bytes", "Size of the file as it is served.", &metadata.file_length())?;
    // 0: the file does not say.
    if metadata.created() > 0 {
        page.gauge(
            "nameplate_file_created_timestamp_seconds",
            "Date of the newest data in the file.",
            &metadata.created(),
        )?;
        let age = now().saturating_sub(Duration::from_secs(metadata.created()));
        page.gauge("nameplate_file_age_seconds", "Age of the newest data in the file.", &age.as_secs_f64())?;
    }
    Ok(())
}

fn reloads(state: &State, page: &mut Page<'_>) -> fmt::Result {
    let status = state.reload_status();
    page.gauge("nameplate_suppression_entries", "Entries of the suppression list.", &status.suppressions)?;
    page.counter("nameplate_reloads", "Reloads that put a new generation in place.", &status.reloads)?;
    page.counters(
        "nameplate_reload_failures",
        "Reloads that failed, after which the file before was served on.",
        "reason",
        state.failures(),
    )?;
    page.gauge(
        "nameplate_last_reload_successful",
        "Whether the last reload worked; 1 before the first.",
        &u64::from(status.last_error.is_none()),
    )
}

fn visits(counts: &VisitCounts, page: &mut Page<'_>) -> fmt::Result {
    page.counters(
        "nameplate_visits",
        "Visits taken, by the level that the gate decided.",
        "level",
        counts.levels().map(|(level, count)| (level.name(), count)),
    )?;
    page.counters(
        "nameplate_visit_reasons",
        "Visits taken, by what decided what became of them.",
        "reason",
        counts.reasons().map(|(reason, count)| (reason.name(), count)),
    )?;
    page.counter("nameplate_visits_refused", "Visits whose JSON did not hold together.", &counts.refusals())?;
    page.counter("nameplate_visits_lost", "Visits that the store could not keep.", &counts.losses())
}

fn process(state: &State, page: &mut Page<'_>) -> fmt::Result {
    page.family("nameplate_build_info", "The program's version.", MetricType::Gauge)?
        .encode_family(&[("version", env!("CARGO_PKG_VERSION"))])?
        .encode_gauge(&1_u64)?;
    let started = since_epoch(state.started_at).as_secs_f64();
    page.gauge("process_start_time_seconds", "When the daemon began to serve.", &started)?;
    page.counter("process_cpu_seconds", "Time on processors, of all threads.", &process::cpu_seconds())?;
    if let Some(bytes) = process::resident_bytes() {
        page.gauge("process_resident_memory_bytes", "Memory in use, mapped files included.", &bytes)?;
    }
    if let Some(open) = process::open_descriptors() {
        page.gauge("process_open_fds", "Descriptors open.", &open)?;
    }
    if let Some(most) = process::most_descriptors() {
        page.gauge("process_max_fds", "Descriptors that may be open.", &most)?;
    }
    Ok(())
}

fn now() -> Duration {
    since_epoch(SystemTime::now())
}

/// Nothing where the clock stands before 1970.
fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Where metrics are written to.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    /// Counters are given here without the `_total` at the end of their names.
    fn family<'a>(
        &'a mut self,
        name: &'a str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'a>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }

    fn gauge(&mut self, name: &str, help: &str, value: &impl EncodeGaugeValue) -> fmt::Result {
        self.family(name, help, MetricType::Gauge)?.encode_gauge(value)
    }

    fn counter(&mut self, name: &str, help: &str, value: &impl EncodeCounterValue) -> fmt::Result {
        write_counter(&mut self.family(name, help, MetricType::Counter)?, value)
    }

    /// One for each word of a label.
    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        counts: impl Iterator<Item = (&'static str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, MetricType::Counter)?;
        for (word, count) in counts {
            write_counter(&mut family.encode_family(&[(label, word)])?, &count)?;
        }
        Ok(())
    }
}

fn write_counter(encoder: &mut MetricEncoder<'_>, value: &impl EncodeCounterValue) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, _, f64>(value, None)
}
