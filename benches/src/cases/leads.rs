//! The store of leads: visits into it, beside the same rows into a plain table; pages of companies out of it; its memory.
//!
//! Visits come from tasks that each wait for the acknowledgement before the next one, as clients do. The rival has them all in its
//! hands and writes them in transactions of [`ROWS`] rows into a table of texts without an index: what a script with SQLite would do. Both
//! sync each transaction.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use nameplate_leads::model::{
    CompanyFacts, CookieId, IdentifiedBy, LeadsQuery, Page, Record, Seen, SiteNumber, Sort, SourceFact,
};
use nameplate_leads::score::ScoreFormula;
use nameplate_leads::store::{Store, StoreOptions};
use rusqlite::{Connection, params};

use crate::Result;
use crate::cases::Plan;
use crate::report::{Case, Measured};

/// Time of a visit.
pub const RECORD: &str = "leads, a visit into the store";
/// From asking to acknowledged.
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
            referrer: (number % 5 == 0).then(|| "search.example".to_owned()),
            utm_source: None,
            utm_medium: None,
            utm_campaign: (random % 10 == 0).then(|| "summer".to_owned()),
        },
        visitor: Some(CookieId(u128::from(random))),
        session: Some(CookieId(u128::from(mixed(random)))),
    }
}

/// Whatever is wanted of it.
pub fn measure(directory: &Path, plan: &Plan, scale: bool, mut hear: impl FnMut(Case)) -> Result<()> {
    if [RECORD, P50, P99].iter().any(|case| plan.wants(case)) {
        recording(directory, plan)?.into_iter().for_each(&mut hear);
    }
    if plan.wants(COMPANIES) || plan.wants(MEMORY) {
        let views = if plan.quick {
            VIEWS / 10
        } else if scale {
            SCALE_VIEWS
        } else {
            VIEWS
        };
        companies(directory, views)?.into_iter().for_each(&mut hear);
    }
    Ok(())
}

fn recording(directory: &Path, plan: &Plan) -> Result<Vec<Case>> {
    let visits = if plan.quick { 40_000 } else { 400_000 };
    let (mut ours, mut plain, mut p50, mut p99) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let place = tempfile::tempdir_in(directory)?;
        let store = Store::open(place.path().join("leads.db"), StoreOptions::default())?;
        let site = store.site("shop")?;
        // All in a few minutes, as they would come.
        let seen: Vec<Seen> =
            (0..visits).map(|number| view(number, visits * 100_000, 20_000, site)).collect();
        let (took, mut waited) = record(&store, seen.clone(), TASKS)?;
        ours.push(took / visits as f64);
        waited.sort_unstable_by(f64::total_cmp);
        p50.push(waited[waited.len() / 2] / 1e6);
        p99.push(waited[waited.len() * 99 / 100] / 1e6);
        drop(store);
        plain.push(batches(&place.path().join("plain.db"), &seen)? / visits as f64);
    }
    let case = |name: &str, unit, measured| Case { name: name.into(), unit, measured };
    let measured = |subject: &str, ours, rounds| Measured { subject: subject.into(), ours, rounds };
    Ok(vec![
        case(RECORD, "ns", vec![measured(STORE, true, ours), measured(PLAIN, false, plain)]),
        case(P50, "ms", vec![measured(STORE, true, p50)]),
        case(P99, "ms", vec![measured(STORE, true, p99)]),
    ])
}

/// Records all; the nanoseconds it took, and those that each waited.
fn record(store: &Store, seen: Vec<Seen>, tasks: usize) -> Result<(f64, Vec<f64>)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let mut shares: Vec<Vec<Record>> = (0..tasks).map(|_| Vec::new()).collect();
    for (number, seen) in seen.into_iter().enumerate() {
        shares[number % tasks].push(Record::Seen(Box::new(seen)));
    }
    runtime.block_on(async {
        let start = Instant::now();
        let tasks: Vec<_> = shares
            .into_iter()
            .map(|share| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut waited = Vec::with_capacity(share.len());
                    for record in share {
                        let asked = Instant::now();
                        store.record(record).await?;
                        waited.push(asked.elapsed().as_nanos() as f64);
                    }
                    Ok::<_, nameplate_leads::store::StoreError>(waited)
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        Ok((start.elapsed().as_nanos() as f64, all))
    })
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
fn companies(directory: &Path, views: u64) -> Result<Vec<Case>> {
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
    let output =
        Command::new(std::env::current_exe()?).arg("companies").arg("--store").arg(&path).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let mut cases: Vec<Case> = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let Some((name, value)) = line.rsplit_once('\t') else { continue };
        let name = match name {
            MEMORY => MEMORY.to_owned(),
            COMPANIES => COMPANIES.to_owned(),
            other => format!("leads, a page of companies, {other}"),
        };
        let unit = if name == MEMORY { "bytes" } else { "ms" };
        cases.push(Case { name, unit, measured: vec![Measured::exact(STORE, true, value.parse()?)] });
    }
    Ok(cases)
}

/// What the process prints that asks for pages: names and values, with a tab between them.
pub fn child(path: &Path) -> Result<()> {
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
    let site = store.site("shop")?;
    // Visits on top, as in a daemon.
    let seen = (0..50_000).map(|number| view(number, 5_000_000_000, 50_000, site)).collect();
    record(&store, seen, TASKS)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("no RssAnon")?;
    let kilobytes: f64 = anonymous.trim().trim_end_matches("kB").trim().parse()?;
    println!("{MEMORY}\t{}", kilobytes * 1024.0);
    Ok(())
}
