//! The store of leads: visits into it, beside the same rows into a plain table; pages of companies out of it; its memory.
//!
//! As many as go in: visits come from tasks that each wait for the acknowledgement before the next one, as clients do; the clock stops
//! when all of them are in the tables and can be asked for. The rival has them all in its hands and writes them in transactions of [`ROWS`]
//! rows into a table of texts without an index: what a script with SQLite would do. Both sync each transaction.
//!
//! How long an acknowledgement takes: [`OFFERED`] visits a second come whether earlier ones were acknowledged or not, into the store whose
//! pages were asked for. The clock of each starts when it should have come, so that a late sender hides nothing. The memory is the most that
//! the process held while that went on, senders and all.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "numbers of visits, and times of this century"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nameplate_leads::model::{
    CompanyFacts, CookieId, FilteredQuery, IdentifiedBy, LeadsQuery, Page, Record, Seen, SiteNumber, Sort,
    SourceFact,
};
use nameplate_leads::score::ScoreFormula;
use nameplate_leads::store::{Store, StoreOptions};
use rusqlite::{Connection, params};

use crate::Result;
use crate::cases::Plan;
use crate::report::{Case, Measured};

/// Time of a visit.
pub const RECORD: &str = "leads, a visit into the store";
/// From when it should have come to acknowledged, while [`OFFERED`] a second come.
pub const P50: &str = "leads, acknowledgement, p50";
/// The slowest of a hundred.
pub const P99: &str = "leads, acknowledgement, p99";
/// The slowest page of companies.
pub const COMPANIES: &str = "leads, a page of companies, the slowest of all orders and periods";
/// What a process holds that answers them.
pub const MEMORY: &str = "leads, memory of the store";
/// Ours.
pub const STORE: &str = "nameplate, store";
/// Theirs.
pub const PLAIN: &str = "SQLite, plain table, batches";

/// Rows of a transaction of the rival.
const ROWS: usize = 512;
/// Tasks that wait for acknowledgements at the same time.
const TASKS: usize = 512;
/// 2026-12-31, 12:00 UTC: the last day of a year of visits.
const END: i64 = 1_798_718_400_000;
const DAY: i64 = 86_400_000;
/// Page views in the store whose pages are asked for, and with `--scale`.
const VIEWS: u64 = 1_000_000;
const SCALE_VIEWS: u64 = 10_000_000;

/// Visits a second that are offered, and for how many seconds.
const OFFERED: u64 = 20_000;
const SECONDS: u64 = 20;

/// Numbers that look random and are the same in each run.
fn mixed(number: u64) -> u64 {
    let mut value = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// The page view of a number: five make a visit; a twentieth of the companies make a third of the visits.
fn view(number: u64, views: u64, companies: u64, site: SiteNumber) -> Seen {
    let visit = number / 5;
    let random = mixed(visit);
    let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let company = (share.powf(2.5) * companies as f64) as u64;
    let days = 365 * DAY as u64;
    let at = END - days as i64
        + (u128::from(visit * 5) * u128::from(days) / u128::from(views)) as i64
        + (number % 5) as i64 * 40_000;
    let text = |word: &str, number: u64| Some(format!("{word}{number}"));
    let paths = (mixed(number) % 400).pow(2) / 400;
    Seen {
        site,
        at,
        company: CompanyFacts {
            id: format!("lei:529900{company:014}"),
            name: format!("Company Number {company} Aktiengesellschaft"),
            kind: Some("business".into()),
            country: Some(["DE", "NL", "FR", "AT"][(company % 4) as usize].into()),
            domain: Some(format!("company-{company}.example")),
            legal_form: Some("AG".into()),
            industry: text("Industry ", company % 90),
            register: Some("HRB".into()),
            register_id: text("", company),
            confidence: 50 + (company % 50) as u8,
            sources: vec![SourceFact {
                name: "ip-asn".into(),
                title: Some("IP to AS number".into()),
                date: Some("2026-06-17".into()),
                licence: Some("CC0-1.0".into()),
                attribution: None,
            }],
        },
        identified_by: IdentifiedBy::Network,
        page: Page {
            path: format!("/section/{}/page-{paths}", paths % 12),
            title: text("The title of page ", paths),
            referrer: (number.is_multiple_of(5)).then(|| "search.example".to_owned()),
            utm_source: None,
            utm_medium: None,
            utm_campaign: (random.is_multiple_of(10)).then(|| "summer".to_owned()),
        },
        visitor: Some(CookieId(u128::from(random))),
        session: Some(CookieId(u128::from(mixed(random)))),
    }
}

/// Whatever is wanted of it.
pub fn measure(directory: &Path, plan: &Plan, scale: bool, mut hear: impl FnMut(Case)) -> Result<()> {
    if plan.wants(RECORD) {
        hear(recording(directory, plan)?);
    }
    if [COMPANIES, P50, P99, MEMORY].iter().any(|case| plan.wants(case)) {
        let views = if plan.quick {
            VIEWS / 10
        } else if scale {
            SCALE_VIEWS
        } else {
            VIEWS
        };
        companies(directory, views, plan.quick)?.into_iter().for_each(&mut hear);
    }
    Ok(())
}

fn recording(directory: &Path, plan: &Plan) -> Result<Case> {
    let visits = if plan.quick { 40_000 } else { 400_000 };
    let (mut ours, mut rival) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let place = tempfile::tempdir_in(directory)?;
        let store = Store::open(place.path().join("leads.db"), StoreOptions::default())?;
        let site = store.site("shop")?;
        // All in a few minutes, as they would come.
        let seen: Vec<Seen> =
            (0..visits).map(|number| view(number, visits * 100_000, 20_000, site)).collect();
        let took = record(&store, seen.clone(), TASKS)?;
        ours.push(took / visits as f64);
        drop(store);
        rival.push(batches(&place.path().join("plain.db"), &seen)? / visits as f64);
    }
    let measured = |subject: &str, ours, rounds| Measured { subject: subject.into(), ours, rounds };
    let measured = vec![measured(STORE, true, ours), measured(PLAIN, false, rival)];
    Ok(Case { name: RECORD.into(), unit: "ns", measured })
}

/// Records all; the nanoseconds until they can be asked for.
fn record(store: &Store, seen: Vec<Seen>, tasks: usize) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let mut shares: Vec<Vec<Record>> = (0..tasks).map(|_| Vec::new()).collect();
    for (number, seen) in seen.into_iter().enumerate() {
        shares[number % tasks].push(Record::Seen(Box::new(seen)));
    }
    let start = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let store = store.clone();
                tokio::spawn(async move {
                    for record in share {
                        store.record(record).await?;
                    }
                    Ok::<_, nameplate_leads::store::StoreError>(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    // A question waits for what was acknowledged before it.
    store.filtered(&FilteredQuery::default(), END)?;
    Ok(start.elapsed().as_nanos() as f64)
}

/// Offers visits at a steady rate; the milliseconds that each waited for its acknowledgement, and the most memory meanwhile, in bytes.
fn offer(store: &Store, site: SiteNumber, seconds: u64) -> Result<(Vec<f64>, f64)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    let store = store.clone();
    let visits = OFFERED * seconds;
    let offered = runtime.spawn(async move {
        let start = Instant::now();
        let (waited, mut all) = tokio::sync::mpsc::unbounded_channel();
        let mut number = 0;
        while number < visits {
            let due = (start.elapsed().as_nanos() * u128::from(OFFERED) / 1_000_000_000) as u64;
            for number in number..due.min(visits) {
                let at = start + Duration::from_nanos(number * 1_000_000_000 / OFFERED);
                let (store, waited) = (store.clone(), waited.clone());
                let seen = view(number, 100_000_000_000, 50_000, site);
                tokio::spawn(async move {
                    let result = store.record(Record::Seen(Box::new(seen))).await;
                    let _ = waited.send(result.map(|()| at.elapsed().as_nanos() as f64 / 1e6));
                });
            }
            number = due.min(visits);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(waited);
        let mut waits = Vec::with_capacity(visits as usize);
        while let Some(waited) = all.recv().await {
            waits.push(waited?);
        }
        Ok::<_, nameplate_leads::store::StoreError>(waits)
    });
    let mut memory: f64 = 0.0;
    while !offered.is_finished() {
        memory = memory.max(anonymous_memory()?);
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut waits = runtime.block_on(offered)??;
    waits.sort_unstable_by(f64::total_cmp);
    Ok((waits, memory))
}

fn anonymous_memory() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("no RssAnon")?;
    let kilobytes: f64 = anonymous.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024.0)
}

/// The same rows as texts; the nanoseconds it took.
fn batches(path: &Path, seen: &[Seen]) -> Result<f64> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE visit (at, site, company, name, kind, country, domain, legal_form, industry, register, register_id, confidence,
             sources, path, title, referrer, utm_source, utm_medium, utm_campaign, visitor, session)",
    )?;
    let start = Instant::now();
    for some in seen.chunks(ROWS) {
        let transaction = connection.unchecked_transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
            )?;
            for seen in some {
                let (company, page) = (&seen.company, &seen.page);
                insert.execute(params![
                    seen.at,
                    seen.site.0,
                    company.id,
                    company.name,
                    company.kind,
                    company.country,
                    company.domain,
                    company.legal_form,
                    company.industry,
                    company.register,
                    company.register_id,
                    company.confidence,
                    serde_json::to_string(&company.sources)?,
                    page.path,
                    page.title,
                    page.referrer,
                    page.utm_source,
                    page.utm_medium,
                    page.utm_campaign,
                    seen.visitor.map(|id| format!("{:032x}", id.0)),
                    seen.session.map(|id| format!("{:032x}", id.0)),
                ])?;
            }
        }
        transaction.commit()?;
    }
    Ok(start.elapsed().as_nanos() as f64)
}

/// Fills a store with a year of visits and asks for pages, in a process of its own, whose memory is its alone.
fn companies(directory: &Path, views: u64, quick: bool) -> Result<Vec<Case>> {
    let place = tempfile::tempdir_in(directory)?;
    let path = place.path().join("leads.db");
    {
        let store = Store::open(&path, StoreOptions::default())?;
        let site = store.site("shop")?;
        for from in (0..views).step_by(100_000) {
            let seen =
                (from..(from + 100_000).min(views)).map(|number| view(number, views, views / 200, site));
            record(&store, seen.collect(), 2048)?;
        }
    }
    let seconds = if quick { 2 } else { SECONDS };
    let output = Command::new(std::env::current_exe()?)
        .args(["companies", "--seconds", &seconds.to_string(), "--store"])
        .arg(&path)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let mut cases: Vec<Case> = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let Some((name, value)) = line.rsplit_once('\t') else { continue };
        let name = match name {
            MEMORY | COMPANIES | P50 | P99 => name.to_owned(),
            other => format!("leads, a page of companies, {other}"),
        };
        let unit = if name == MEMORY { "bytes" } else { "ms" };
        cases.push(Case { name, unit, measured: vec![Measured::exact(STORE, true, value.parse()?)] });
    }
    Ok(cases)
}

/// What the process prints that asks for pages: names and values, with a tab between them.
pub fn child(path: &Path, seconds: u64) -> Result<()> {
    let store = Arc::new(Store::open(path, StoreOptions::default())?);
    let formula = ScoreFormula::default();
    let periods = [
        ("a day", "2026-12-31", "2026-12-31"),
        ("a month", "2026-12-02", "2026-12-31"),
        ("a quarter", "2026-10-03", "2026-12-30"),
        ("a year less a day at each end", "2026-01-02", "2026-12-30"),
        ("all", "1970-01-01", "2026-12-31"),
    ];
    let sorts = [
        Sort::LastSeen,
        Sort::FirstSeen,
        Sort::Score,
        Sort::Visits,
        Sort::PageViews,
        Sort::Seconds,
        Sort::Name,
    ];
    let mut slowest: f64 = 0.0;
    for (name, from, to) in periods {
        let mut of_period: f64 = 0.0;
        for sort in sorts {
            let query = LeadsQuery {
                from: Some(from.into()),
                to: Some(to.into()),
                sort,
                limit: Some(50),
                ..LeadsQuery::default()
            };
            // The median of five: the first one of a period reads the file.
            let mut took: Vec<f64> = Vec::new();
            for _ in 0..5 {
                let start = Instant::now();
                let page = store.leads(&query, &formula, END)?;
                took.push(start.elapsed().as_nanos() as f64 / 1e6);
                if page.companies.is_empty() {
                    return Err("a page without companies".into());
                }
            }
            took.sort_unstable_by(f64::total_cmp);
            of_period = of_period.max(took[took.len() / 2]);
        }
        println!("{name}\t{of_period}");
        slowest = slowest.max(of_period);
    }
    println!("{COMPANIES}\t{slowest}");
    let (waits, memory) = offer(&store, store.site("shop")?, seconds)?;
    println!("{P50}\t{}", waits[waits.len() / 2]);
    println!("{P99}\t{}", waits[waits.len() * 99 / 100]);
    println!("{MEMORY}\t{memory}");
    Ok(())
}
