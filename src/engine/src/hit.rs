//! What a lookup found, in a few words: for callers that hand it on in a struct of their own, as the C ABI does.
//!
//! An [`Answer`](crate::Answer) decides when it is asked, and each decision is a branch on a record that may still be
//! on its way from memory. A processor that guesses such a branch wrong throws away the lookups that it has begun
//! meanwhile: status, confidence and name, asked for one by one, took some 40 ns more of a C caller's lookup on random
//! ranges. Here all is decided by branches that nearly always go the same way.

use crate::address::Address;
use crate::answer::{Answer, Status};
use crate::database::Database;
use crate::format::{AnswerRecord, NAME_BYTES};
use crate::strings::is_ascii;

/// What a lookup found. Numbers and ids hold within one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// [`Answer::status`].
    pub status: Status,
    /// [`Answer::confidence`]; 0 where there is none.
    pub confidence: u8,
    /// For [`Database::answer`].
    pub answer_id: u32,
    /// For [`Database::answer_of_interval`] and [`Database::network_of_interval`].
    pub interval: u32,
    /// [`Answer::name`]; "" where there is none.
    pub name: &'a str,
}

impl Database {
    /// What is known about an address, in a few words.
    #[inline]
    pub fn hit(&self, address: Address) -> Hit<'_> {
        match address {
            Address::V4(bits) => self.hit_v4(bits),
            Address::V6(bits) => self.hit_in_v6(bits),
        }
    }

    /// The same for an IPv4 address in host order.
    #[inline(always)]
    pub fn hit_v4(&self, address: u32) -> Hit<'_> {
        let located = self.view().v4.locate(address);
        self.hit_with(located.interval(), located.answer())
    }

    /// The same for an IPv6 address in host order; an IPv4-mapped one is looked up as IPv4.
    #[inline]
    pub fn hit_v6(&self, address: u128) -> Hit<'_> {
        self.hit(Address::from_v6_bits(address))
    }

    #[inline(always)]
    fn hit_in_v6(&self, address: u128) -> Hit<'_> {
        let view = self.view();
        let located = view.v6.locate(address);
        self.hit_with((view.v4.starts.len() as u32).wrapping_add(located.interval()), located.answer())
    }

    /// The same for an interval that was found already.
    #[inline]
    pub fn hit_of_interval(&self, number: u32) -> Hit<'_> {
        let (id, _) = self.answer_of_interval(number);
        self.hit_with(number, id)
    }

    #[inline(always)]
    #[allow(clippy::needless_bitwise_bool, reason = "both sides are asked, without a branch")]
    fn hit_with(&self, interval: u32, answer_id: u32) -> Hit<'_> {
        static NOTHING: AnswerRecord = AnswerRecord::UNKNOWN;
        let view = self.view();
        let record = view.answers.get(answer_id as usize).unwrap_or(&NOTHING);
        let is = |status: Status| record.status == status as u8;
        let company = (record.company.get() as usize) < view.companies.len();
        let operator = (record.operator.get() as usize) < view.operators.len();
        let sound = (record.status < 4)
            & (!is(Status::Company) | company)
            & (!is(Status::Operator) | operator)
            & (is(Status::Company) | (record.confidence == 0));
        let plain = (usize::from(record.name_length) <= NAME_BYTES) & is_ascii(&record.name);
        if sound & plain {
            let name = &record.name[..usize::from(record.name_length)];
            Hit {
                status: Status::ALL[usize::from(record.status)],
                confidence: record.confidence,
                answer_id,
                interval,
                // SAFETY: `is_ascii` has looked at every byte of it, and ASCII is UTF-8.
                name: unsafe { std::str::from_utf8_unchecked(name) },
            }
        } else {
            self.seldom_hit(interval, answer_id, record)
        }
    }

    /// A name that is long or no ASCII, or a damaged record.
    #[cold]
    #[inline(never)]
    fn seldom_hit<'a>(&'a self, interval: u32, answer_id: u32, record: &'a AnswerRecord) -> Hit<'a> {
        let answer = Answer::new(self.view(), record, None);
        Hit {
            status: answer.status(),
            confidence: answer.confidence().unwrap_or(0),
            answer_id,
            interval,
            name: answer.name().unwrap_or_default(),
        }
    }
}

// Its numbers are places in the list.
const _: () =
    assert!(matches!(Status::ALL, [Status::Unknown, Status::Company, Status::Operator, Status::Reserved]));
