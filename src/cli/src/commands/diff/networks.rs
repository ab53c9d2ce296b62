//! Networks whose answer changed.

use std::io;
use std::net::IpAddr;

use nameplate::{Answer, Database, Interval, Status};

use super::report::Report;

/// A range in which every address had one answer and has another one now.
pub(super) struct Change<'a> {
    pub(super) first: IpAddr,
    pub(super) last: IpAddr,
    pub(super) old: Answer<'a>,
    pub(super) new: Answer<'a>,
}

pub(super) fn compare(old: &Database, new: &Database, report: &mut Report) -> io::Result<()> {
    let mut report = |change: &Change<'_>| report.network(change);
    compare_family(old.intervals_v4(), new.intervals_v4(), &mut report)?;
    compare_family(old.intervals_v6(), new.intervals_v6(), &mut report)
}

/// Both tables cover their family without gaps. So they are cut at the ends of both, and each piece
/// lies in one interval of each.
fn compare_family<'a>(
    mut old: impl Iterator<Item = Interval<'a>>,
    mut new: impl Iterator<Item = Interval<'a>>,
    report: &mut impl FnMut(&Change<'a>) -> io::Result<()>,
) -> io::Result<()> {
    let (mut in_old, mut in_new) = (old.next(), new.next());
    // The change that the next piece may belong to.
    let mut open: Option<Change<'a>> = None;
    while let (Some(before), Some(after)) = (&in_old, &in_new) {
        let piece = Change {
            first: before.network.first.max(after.network.first),
            last: before.network.last.min(after.network.last),
            old: before.answer,
            new: after.answer,
        };
        let (old_ends, new_ends) = (before.network.last == piece.last, after.network.last == piece.last);
        if same(&piece.old, &piece.new) {
            open.take().iter().try_for_each(&mut *report)?;
        } else if let Some(open) = open.as_mut().filter(|open| continues(open, &piece)) {
            open.last = piece.last;
        } else {
            open.replace(piece).iter().try_for_each(&mut *report)?;
        }
        if old_ends {
            in_old = old.next();
        }
        if new_ends {
            in_new = new.next();
        }
    }
    open.iter().try_for_each(report)
}

/// Whether a piece that begins where the change ends is more of it.
fn continues(change: &Change<'_>, piece: &Change<'_>) -> bool {
    same(&change.old, &piece.old) && same(&change.new, &piece.new)
}

/// Whether two answers say the same. Ids of answers differ from file to file; sources and the
/// facts about a company beside its name are compared once, and not for each of its networks.
fn same(a: &Answer<'_>, b: &Answer<'_>) -> bool {
    a.status() == b.status()
        && a.block() == b.block()
        && a.confidence() == b.confidence()
        && operator(a) == operator(b)
        && company(a) == company(b)
}

fn operator<'a>(answer: &Answer<'a>) -> Option<(u32, &'a str)> {
    answer.operator().map(|operator| (operator.asn(), operator.name()))
}

fn company<'a>(answer: &Answer<'a>) -> Option<(&'a str, &'a str)> {
    let company = answer.company().filter(|_| answer.status() == Status::Company)?;
    Some((company.id(), company.name()))
}
