//! Any bytes as an address: ours and `std`'s parser agree on what is one, and which.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use nameplate::{Address, InvalidAddress};

fuzz_target!(|bytes: &[u8]| {
    let expected = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<IpAddr>().ok());
    let expected = expected.map(|address| match address {
        IpAddr::V4(address) => Address::V4(address.to_bits()),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => Address::V4(mapped.to_bits()),
            None => Address::V6(address.to_bits()),
        },
    });
    assert_eq!(Address::parse(bytes), expected.ok_or(InvalidAddress));
});
