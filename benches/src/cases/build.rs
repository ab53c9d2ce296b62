//! Building large files: ours, and MMDB files by the two crates that write them.

use std::time::Instant;

use nameplate::{CompanyFields, CompanyKind, SourceFields, Writer};
use nameplate_build::flatten;

use crate::Result;
use crate::cases::Plan;
use crate::memory::peak;
use crate::report::{Case, Measured};
use crate::scale::{Pieces, shuffled_claims};
use crate::subjects::mmdb_file::{Record, with_maxminddb_writer, with_mmdb_writer};
use crate::subjects::ours;

/// A tenth of the ranges, every builder.
pub const TENTH: &str = "building 1M IPv4 and 0.5M IPv6 ranges";
/// All ranges, the builders that don't take minutes.
pub const WHOLE: &str = "building 10M IPv4 and 5M IPv6 ranges";
/// Crate `mmdb-writer`.
pub const MMDB_WRITER: &str = "MMDB, crate mmdb-writer";
/// The same in [`WHOLE`].
pub const MMDB_WRITER_SCALED: &str = "MMDB, crate mmdb-writer: ten times a tenth";
/// Crate `maxminddb-writer`.
pub const MAXMINDDB_WRITER: &str = "MMDB, crate maxminddb-writer";

/// Rounds of [`TENTH`].
const ROUNDS: usize = 3;

/// Who builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Builder {
    Ours,
    MmdbWriter,
    MaxminddbWriter,
}

/// A file, the seconds it took and the bytes of heap at the peak.
struct Built {
    file: Vec<u8>,
    seconds: f64,
    peak: usize,
}

impl Builder {
    fn name(self) -> &'static str {
        match self {
            Builder::Ours => ours::ONE,
            Builder::MmdbWriter => MMDB_WRITER,
            Builder::MaxminddbWriter => MAXMINDDB_WRITER,
        }
    }

    /// Builds from ranges in memory to a file in memory. The rivals get the ranges sorted, which is
    /// the easier task.
    fn build(self, pieces: &Pieces) -> Result<Built> {
        let record = |id| Record { asn: Some(id), name: pieces.name(id) };
        match self {
            Builder::Ours => {
                let mut claims = (shuffled_claims(&pieces.v4), shuffled_claims(&pieces.v6));
                timed(move || {
                    let (writer, answers) = writer_with_organisations(&pieces.names)?;
                    finish(writer, &answers, &mut claims)
                })
            }
            Builder::MmdbWriter => timed(|| with_mmdb_writer(&pieces.v4, &pieces.v6, record)),
            Builder::MaxminddbWriter => timed(|| with_maxminddb_writer(&pieces.v4, &pieces.v6, record)),
        }
    }

    fn measured(self, rounds: Vec<f64>) -> Measured {
        Measured { subject: self.name().into(), ours: self == Builder::Ours, rounds }
    }
}

fn timed(build: impl FnOnce() -> Result<Vec<u8>>) -> Result<Built> {
    let start = Instant::now();
    let (file, peak) = peak(build);
    Ok(Built { file: file?, seconds: start.elapsed().as_secs_f64(), peak })
}

/// Measures [`TENTH`] if the plan wants it; `cut` makes the ranges.
pub fn measure_tenth(
    plan: &Plan,
    cut: impl FnOnce() -> Pieces,
    mut hear: impl FnMut(Case),
) -> Result<Vec<f64>> {
    const BUILDERS: [Builder; 3] = [Builder::Ours, Builder::MmdbWriter, Builder::MaxminddbWriter];
    if !plan.wants(TENTH) {
        return Ok(Vec::new());
    }
    let pieces = cut();
    let mut seconds = [const { Vec::new() }; BUILDERS.len()];
    let mut peaks = [const { Vec::new() }; BUILDERS.len()];
    for _ in 0..ROUNDS {
        for (place, builder) in BUILDERS.into_iter().enumerate() {
            let built = builder.build(&pieces)?;
            seconds[place].push(built.seconds);
            peaks[place].push(built.peak as f64);
        }
    }
    let scaled = seconds[1].iter().map(|seconds| seconds * 10.0).collect();
    let case = |name: String, unit, values: [Vec<f64>; BUILDERS.len()]| {
        let measured = BUILDERS.into_iter().zip(values);
        Case { name, unit, measured: measured.map(|(builder, rounds)| builder.measured(rounds)).collect() }
    };
    hear(case(TENTH.into(), "s", seconds));
    hear(case(format!("{TENTH}, peak of the heap"), "bytes", peaks));
    Ok(scaled)
}

/// Builds our file of all ranges; beside it, if the plan wants that, crate `maxminddb-writer` builds
/// its own. `mmdb_writer` are the times of [`measure_tenth`], scaled.
pub fn measure_whole(
    plan: &Plan,
    pieces: &Pieces,
    mmdb_writer: Vec<f64>,
    mut hear: impl FnMut(Case),
) -> Result<Vec<u8>> {
    let Built { file, seconds, peak } = Builder::Ours.build(pieces)?;
    if plan.wants(WHOLE) {
        let rival = Builder::MaxminddbWriter.build(pieces)?;
        let mut measured = vec![
            Builder::Ours.measured(vec![seconds]),
            Builder::MaxminddbWriter.measured(vec![rival.seconds]),
        ];
        if !mmdb_writer.is_empty() {
            measured.push(Measured { subject: MMDB_WRITER_SCALED.into(), ours: false, rounds: mmdb_writer });
        }
        hear(Case { name: WHOLE.into(), unit: "s", measured });
        let measured = vec![
            Builder::Ours.measured(vec![peak as f64]),
            Builder::MaxminddbWriter.measured(vec![rival.peak as f64]),
        ];
        hear(Case { name: format!("{WHOLE}, peak of the heap"), unit: "bytes", measured });
    }
    Ok(file)
}

/// A writer that knows every organisation as a company, and their answers.
fn writer_with_organisations(names: &[String]) -> Result<(Writer, Vec<nameplate::AnswerRef>)> {
    let mut writer = Writer::new();
    let source = writer.source(&SourceFields { name: "scale", ..SourceFields::default() })?;
    let kind = Some(CompanyKind::Business);
    let answers = names.iter().zip(1_u32..).map(|(name, number)| {
        let id = format!("asn:{number}");
        let company = writer.company(&CompanyFields { id: &id, name, kind, ..CompanyFields::default() })?;
        writer.company_answer(company, None, 50, source)
    });
    let answers = answers.collect::<std::result::Result<_, _>>()?;
    Ok((writer, answers))
}

type Claims<A> = Vec<nameplate_build::Claim<A, u32>>;

/// From claims in no order to the file.
fn finish(
    mut writer: Writer,
    answers: &[nameplate::AnswerRef],
    (v4, v6): &mut (Claims<u32>, Claims<u128>),
) -> Result<Vec<u8>> {
    let answer = |organisation: u32| answers[organisation as usize - 1];
    flatten(v4, |first, last, organisation| writer.push_v4(first, last, answer(organisation)))?;
    flatten(v6, |first, last, organisation| writer.push_v6(first, last, answer(organisation)))?;
    let mut file = Vec::new();
    writer.finish(&mut file)?;
    Ok(file)
}
