//! From addresses to hits and answer ids.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use nameplate::{Address, Database as Engine, Status as Kind};

use crate::database::{Snapshot, engine};
use crate::memory::{Text, apart, array, array_mut, checked, place};
use crate::status::NAMEPLATE_ERROR_ADDRESS;

/// Nothing is known, or nothing may be shown.
pub const NAMEPLATE_UNKNOWN: u32 = 0;
/// An organisation uses this network itself.
pub const NAMEPLATE_COMPANY: u32 = 1;
/// An access, hosting, mobile, VPN or transit network: who is behind it is not knowable.
pub const NAMEPLATE_OPERATOR: u32 = 2;
/// A special-purpose address (RFC 6890).
pub const NAMEPLATE_RESERVED: u32 = 3;
/// Only in what `nameplate_lookup_batch` writes: the text was no address.
pub const NAMEPLATE_INVALID: u32 = 4;

const _: () = assert!(
    NAMEPLATE_UNKNOWN == Kind::Unknown as u32
        && NAMEPLATE_COMPANY == Kind::Company as u32
        && NAMEPLATE_OPERATOR == Kind::Operator as u32
        && NAMEPLATE_RESERVED == Kind::Reserved as u32
);

/// Bytes of the longest text that is an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
pub const NAMEPLATE_ADDRESS_LENGTH: usize = 45;

/// How many addresses of a batch are made ready at a time: some kilobytes of stack.
const CHUNK: usize = 128;

/// What a lookup found: a few words, which lead to all the rest within the same snapshot. It is the caller's,
/// belongs to no thread, and holds no memory but the name, which is lent by the snapshot. Its size never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Hit {
    /// `NAMEPLATE_UNKNOWN`, `_COMPANY`, `_OPERATOR` or `_RESERVED`.
    pub kind: u32,
    /// The answer's id, for `nameplate_answer`. 0 is the one that says nothing.
    pub answer: u32,
    /// Where the address lies, for `nameplate_network` and `nameplate_json`.
    pub interval: u32,
    /// How sure it is that this company uses the network, 1 to 100; 0 where it is no company.
    pub confidence: u32,
    /// The company's name, else the operator's, else that of the special-purpose block.
    pub name: Text,
}

impl Hit {
    /// For a text that is no address. The interval is none.
    const INVALID: Hit =
        Hit { kind: NAMEPLATE_INVALID, answer: 0, interval: u32::MAX, confidence: 0, name: Text::NONE };

    #[inline(always)]
    fn of(hit: nameplate::Hit<'_>) -> Hit {
        Hit {
            kind: hit.status as u32,
            answer: hit.answer_id,
            interval: hit.interval,
            confidence: hit.confidence.into(),
            name: Text::of(Some(hit.name)),
        }
    }
}

/// Reads no more than an address can have, so that a wrong length does no harm.
///
/// # Safety
///
/// The pointer is NULL or `length` bytes can be read there.
#[inline(always)]
unsafe fn parse(text: *const c_char, length: usize) -> Result<Address, u32> {
    checked(text)?;
    if length > NAMEPLATE_ADDRESS_LENGTH {
        return Err(NAMEPLATE_ERROR_ADDRESS);
    }
    // SAFETY: not NULL, as bytes aligned; readable by this function's contract.
    let text = unsafe { std::slice::from_raw_parts(text.cast(), length) };
    Address::parse(text).map_err(|_| NAMEPLATE_ERROR_ADDRESS)
}

/// Looks up an address given as text: `length` bytes, which need no NUL behind them. IPv4 as a dotted quad
/// without leading zeros, IPv6 in every form of RFC 4291; `::ffff:a.b.c.d` is the IPv4 address. What is not plainly one
/// address is `NAMEPLATE_ERROR_ADDRESS`; of more than `NAMEPLATE_ADDRESS_LENGTH` bytes none is read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_lookup(
    snapshot: *const Snapshot,
    text: *const c_char,
    length: usize,
    hit: *mut Hit,
) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (engine, hit, address) = unsafe { (engine(snapshot)?, place(hit)?, parse(text, length)?) };
        hit.write(Hit::of(engine.hit(address)));
        Ok(())
    })
}

/// Looks up an IPv4 address in host order: `ntohl(in.sin_addr.s_addr)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_lookup_v4(snapshot: *const Snapshot, address: u32, hit: *mut Hit) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (engine, hit) = unsafe { (engine(snapshot)?, place(hit)?) };
        hit.write(Hit::of(engine.hit_v4(address)));
        Ok(())
    })
}

/// Looks up an IPv6 address of 16 bytes in network order, as in `struct in6_addr`; an IPv4-mapped one as IPv4.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_lookup_v6(
    snapshot: *const Snapshot,
    address: *const u8,
    hit: *mut Hit,
) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (engine, hit) = unsafe { (engine(snapshot)?, place(hit)?) };
        checked(address)?;
        // SAFETY: not NULL, and sixteen bytes, as the header asks.
        let address = u128::from_be_bytes(unsafe { *address.cast() });
        hit.write(Hit::of(engine.hit_v6(address)));
        Ok(())
    })
}

/// Looks up `count` addresses given as text, in order: quicker than one at a time. One that is no address has the
/// kind `NAMEPLATE_INVALID`, and the others are answered. `texts` and `hits` must not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_lookup_batch(
    snapshot: *const Snapshot,
    texts: *const Text,
    count: usize,
    hits: *mut Hit,
) -> u32 {
    guarded!({
        apart(texts, hits, count)?;
        // SAFETY: what is passed on is what the header asks of the caller, and the arrays are apart.
        let (engine, texts, hits) =
            unsafe { (engine(snapshot)?, array(texts, count)?, array_mut(hits, count)?) };
        for (texts, hits) in texts.chunks(CHUNK).zip(hits.chunks_mut(CHUNK)) {
            lookup_texts(engine, texts, hits);
        }
        Ok(())
    })
}

/// At most [`CHUNK`] texts.
fn lookup_texts(engine: &Engine, texts: &[Text], hits: &mut [MaybeUninit<Hit>]) {
    let (mut addresses, mut valid) = ([Address::V4(0); CHUNK], [false; CHUNK]);
    for (place, text) in texts.iter().enumerate() {
        // SAFETY: what the header asks of the caller for each text.
        if let Ok(address) = unsafe { parse(text.data, text.length) } {
            (addresses[place], valid[place]) = (address, true);
        }
    }
    let mut intervals = [0; CHUNK];
    engine.find_batch(&addresses[..texts.len()], &mut intervals[..texts.len()]);
    for (place, hit) in hits.iter_mut().enumerate() {
        hit.write(if valid[place] {
            Hit::of(engine.hit_of_interval(intervals[place]))
        } else {
            Hit::INVALID
        });
    }
}

/// Writes the answer ids of `count` IPv4 addresses in host order: several times as fast as one at a time. `addresses` and
/// `ids` must not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_lookup_batch_v4(
    snapshot: *const Snapshot,
    addresses: *const u32,
    count: usize,
    ids: *mut u32,
) -> u32 {
    guarded!({
        apart(addresses, ids, count)?;
        // SAFETY: what is passed on is what the header asks of the caller, and the arrays are apart.
        let (engine, addresses, ids) =
            unsafe { (engine(snapshot)?, array(addresses, count)?, array_mut(ids, count)?) };
        engine.lookup_batch_v4(addresses, zeroed(ids));
        Ok(())
    })
}

/// The same for IPv6 addresses, of 16 bytes each in network order, one behind the other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_lookup_batch_v6(
    snapshot: *const Snapshot,
    addresses: *const u8,
    count: usize,
    ids: *mut u32,
) -> u32 {
    guarded!({
        let addresses = addresses.cast::<[u8; 16]>();
        apart(addresses, ids, count)?;
        // SAFETY: what is passed on is what the header asks of the caller, and the arrays are apart.
        let (engine, addresses, ids) =
            unsafe { (engine(snapshot)?, array(addresses, count)?, array_mut(ids, count)?) };
        let mut numbers = [0; CHUNK];
        for (addresses, ids) in addresses.chunks(CHUNK).zip(zeroed(ids).chunks_mut(CHUNK)) {
            for (number, address) in numbers.iter_mut().zip(addresses) {
                *number = u128::from_be_bytes(*address);
            }
            engine.lookup_batch_v6(&numbers[..addresses.len()], ids);
        }
        Ok(())
    })
}

/// Writes the names that go with `count` answer ids, as in `nameplate_hit_t`: quicker than one at a time. Ids that are not
/// there have none. `ids` and `names` must not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_names(
    snapshot: *const Snapshot,
    ids: *const u32,
    count: usize,
    names: *mut Text,
) -> u32 {
    guarded!({
        apart(ids, names, count)?;
        // SAFETY: what is passed on is what the header asks of the caller, and the arrays are apart.
        let (engine, ids, names) =
            unsafe { (engine(snapshot)?, array(ids, count)?, array_mut(names, count)?) };
        let mut found = [""; CHUNK];
        for (ids, names) in ids.chunks(CHUNK).zip(names.chunks_mut(CHUNK)) {
            engine.names(ids, &mut found[..ids.len()]);
            for (name, found) in names.iter_mut().zip(found) {
                name.write(Text::of(Some(found)));
            }
        }
        Ok(())
    })
}

/// The engine writes over ids, and a caller's may be uninitialised. Costs a pass over memory that is written next.
fn zeroed(ids: &mut [MaybeUninit<u32>]) -> &mut [u32] {
    for id in &mut *ids {
        id.write(0);
    }
    // SAFETY: all of them were written.
    unsafe { &mut *(std::ptr::from_mut(ids) as *mut [u32]) }
}
