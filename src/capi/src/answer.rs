//! From hits and ids to facts: answers, networks, JSON.

use std::ffi::c_char;
use std::mem::{MaybeUninit, offset_of};
use std::net::IpAddr;

use nameplate::write_json;
use nameplate::{
    Answer as EngineAnswer, CompanyKind, Database as Engine, Network, OperatorKind, Status as Kind,
};

use crate::database::{Snapshot, engine};
use crate::lookup::{Hit, NAMEPLATE_INVALID};
use crate::memory::{Sized32, SizedPlace, Text, array, array_mut, checked, place};
use crate::status::{NAMEPLATE_ERROR_ADDRESS, NAMEPLATE_ERROR_NOT_FOUND, NAMEPLATE_ERROR_SPACE, Status};

/// All that an answer says. It is the caller's, who sets `size`; its texts are lent by the snapshot. The names of the
/// fields are those of the JSON, with `_` for the dot; a fact that is not known is a text with `data` NULL, or 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Answer {
    /// Set by the caller: `sizeof(nameplate_answer_t)`.
    pub size: u32,
    /// `NAMEPLATE_UNKNOWN`, `_COMPANY`, `_OPERATOR` or `_RESERVED`.
    pub kind: u32,
    /// How sure it is that this company uses the network, 1 to 100; 0 where it is no company.
    pub confidence: u32,
    /// The sources that say so: bit `i` is source `i` of `nameplate_source`.
    pub sources: u32,
    /// The registry's name for a special-purpose block.
    pub block: Text,
    /// Stable from build to build: `lei:…`, `asn:…`. For `nameplate_networks`.
    pub company_id: Text,
    /// Name as registered.
    pub company_name: Text,
    /// `business`, `education`, `government` or `nonprofit`.
    pub company_kind: Text,
    /// ISO 3166-1 alpha-2 code in capitals.
    pub company_country: Text,
    /// Internet domain.
    pub company_domain: Text,
    /// Legal form as written, as `GmbH`.
    pub company_legal_form: Text,
    /// Industry, as the register gives it.
    pub company_industry: Text,
    /// Register in which the company stands.
    pub company_register: Text,
    /// Number in that register.
    pub company_register_id: Text,
    /// Name of the AS's holder.
    pub operator_name: Text,
    /// `access`, `hosting`, `mobile`, `vpn`, `transit` or `exchange`.
    pub operator_kind: Text,
    /// AS number, where `has_operator` is 1.
    pub operator_asn: u32,
    /// 1 where the network's operator is known, also for companies; else 0.
    pub has_operator: u32,
}

// SAFETY: repr(C), begins with its size, integers and texts alone.
unsafe impl Sized32 for Answer {
    const FIRST: usize = offset_of!(Answer, has_operator) + size_of::<u32>();
}

impl Answer {
    /// An answer that says nothing.
    const NOTHING: Answer = Answer {
        size: 0,
        kind: 0,
        confidence: 0,
        sources: 0,
        block: Text::NONE,
        company_id: Text::NONE,
        company_name: Text::NONE,
        company_kind: Text::NONE,
        company_country: Text::NONE,
        company_domain: Text::NONE,
        company_legal_form: Text::NONE,
        company_industry: Text::NONE,
        company_register: Text::NONE,
        company_register_id: Text::NONE,
        operator_name: Text::NONE,
        operator_kind: Text::NONE,
        operator_asn: 0,
        has_operator: 0,
    };

    /// What the engine's list of fields says, in a struct: see `nameplate::for_each_field`.
    fn of(answer: EngineAnswer<'_>) -> Answer {
        let status = answer.status();
        let mut facts = Answer { kind: status as u32, block: Text::of(answer.block()), ..Answer::NOTHING };
        if status == Kind::Unknown || status == Kind::Reserved {
            return facts;
        }
        facts.confidence = answer.confidence().unwrap_or(0).into();
        facts.sources = answer.source_bits();
        if let Some(company) = answer.company().filter(|_| status == Kind::Company) {
            facts.company_id = Text::of(Some(company.id()));
            facts.company_name = Text::of(Some(company.name()));
            facts.company_kind = Text::of(company.kind().map(CompanyKind::as_str));
            facts.company_country = Text::of(company.country());
            facts.company_domain = Text::of(company.domain());
            facts.company_legal_form = Text::of(company.legal_form());
            facts.company_industry = Text::of(company.industry());
            facts.company_register = Text::of(company.register());
            facts.company_register_id = Text::of(company.register_id());
        }
        if let Some(operator) = answer.operator() {
            facts.has_operator = 1;
            facts.operator_asn = operator.asn();
            facts.operator_name = Text::of(Some(operator.name()));
            facts.operator_kind = Text::of(operator.kind().map(OperatorKind::as_str));
        }
        facts
    }
}

/// Addresses from `first` to `last`, both included, in network order: for `inet_ntop` as they are. It is the caller's,
/// and holds nothing of the library. Its size never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Range {
    /// 4: the first 4 bytes of each are an IPv4 address, and the others 0. 6: all 16 are an IPv6 address.
    pub family: u32,
    /// First address.
    pub first: [u8; 16],
    /// Last address.
    pub last: [u8; 16],
}

impl Range {
    fn of(network: Network) -> Range {
        let family = if network.first.is_ipv4() { 4 } else { 6 };
        Range { family, first: bytes(network.first), last: bytes(network.last) }
    }
}

fn bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            bytes
        }
        IpAddr::V6(address) => address.octets(),
    }
}

/// Writes all that the answer `id` says, but for the network, which belongs to the address: `nameplate_network`. An id
/// is from a hit or a batch, and holds within one snapshot; one that the file has not is `NAMEPLATE_ERROR_NOT_FOUND`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_answer(snapshot: *const Snapshot, id: u32, answer: *mut Answer) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (engine, place) = unsafe { (engine(snapshot)?, SizedPlace::new(answer)?) };
        place.write(&Answer::of(engine.answer(id).ok_or(NAMEPLATE_ERROR_NOT_FOUND)?));
        Ok(())
    })
}

/// The answer of an interval, with its network.
fn answer_with_network(engine: &Engine, interval: u32) -> EngineAnswer<'_> {
    engine.answer_of_interval(interval).1.in_network(engine.network_of_interval(interval))
}

/// Writes the largest range around a hit's address in which every address has this answer. `interval` is the hit's;
/// where it is neither a company's nor an operator's, `NAMEPLATE_ERROR_NOT_FOUND`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_network(
    snapshot: *const Snapshot,
    interval: u32,
    range: *mut Range,
) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (engine, place) = unsafe { (engine(snapshot)?, place(range)?) };
        let network = answer_with_network(engine, interval).network().ok_or(NAMEPLATE_ERROR_NOT_FOUND)?;
        place.write(Range::of(network));
        Ok(())
    })
}

/// Writes a hit's answer as one line of JSON, as `nameplate lookup --json` prints it, with a NUL behind it, into
/// `buffer` of `capacity` bytes; `length` gets the bytes before the NUL. With a capacity of 0 (and any buffer) it
/// only says the length. 2,048 bytes do for most answers; where the capacity is too small,
/// `NAMEPLATE_ERROR_SPACE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_json(
    snapshot: *const Snapshot,
    hit: *const Hit,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> u32 {
    guarded!({
        checked(hit)?;
        // SAFETY: what is passed on is what the header asks of the caller; the two numbers of a hit that are
        // read may be any.
        let (engine, length, buffer, kind, interval) = unsafe {
            (
                engine(snapshot)?,
                place(length)?,
                array_mut(buffer.cast::<u8>(), capacity)?,
                (*hit).kind,
                (*hit).interval,
            )
        };
        if kind == NAMEPLATE_INVALID {
            return Err(NAMEPLATE_ERROR_ADDRESS);
        }
        let mut json = String::with_capacity(1024);
        write_json(&answer_with_network(engine, interval), &mut json);
        if !buffer.is_empty() {
            write_terminated(&json, buffer)?;
        }
        length.write(json.len());
        Ok(())
    })
}

fn write_terminated(text: &str, buffer: &mut [MaybeUninit<u8>]) -> Result<(), Status> {
    if text.len() >= buffer.len() {
        return Err(NAMEPLATE_ERROR_SPACE);
    }
    for (to, from) in buffer.iter_mut().zip(text.bytes().chain([0])) {
        to.write(from);
    }
    Ok(())
}

/// Writes the networks of a company, IPv4 first, ascending: those from number `start` on, `capacity` at most, into
/// `ranges`; `count` gets how many were written. With a capacity of 0 (and any `ranges`) it gets how many there are from
/// `start` on. The id is `id_length` bytes, as an answer's `company_id`; where there is no such company, or it is
/// suppressed, `NAMEPLATE_ERROR_NOT_FOUND`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_networks(
    snapshot: *const Snapshot,
    id: *const c_char,
    id_length: usize,
    start: usize,
    ranges: *mut Range,
    capacity: usize,
    count: *mut usize,
) -> u32 {
    guarded!({
        checked(id)?;
        // SAFETY: what is passed on is what the header asks of the caller.
        let (engine, id, ranges, place) = unsafe {
            (
                engine(snapshot)?,
                array(id.cast::<u8>(), id_length)?,
                array_mut(ranges, capacity)?,
                place(count)?,
            )
        };
        let id = std::str::from_utf8(id).map_err(|_| NAMEPLATE_ERROR_NOT_FOUND)?;
        engine.company(id).ok_or(NAMEPLATE_ERROR_NOT_FOUND)?;
        let networks = engine.networks(id).skip(start);
        let written = if ranges.is_empty() {
            networks.count()
        } else {
            ranges.iter_mut().zip(networks).map(|(range, network)| range.write(Range::of(network))).count()
        };
        place.write(written);
        Ok(())
    })
}
