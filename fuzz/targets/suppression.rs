//! Any bytes as a suppression list: what is taken is what would have been written, to the last byte.
//!
//! The last line holds a checksum, which no mutation meets; so the same bytes are tried with a last line that fits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nameplate::SuppressionList;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // All but the last line, and then the line that belongs there.
    let body = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut sealed = bytes[..body].to_vec();
    let entries = sealed.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
    let digest: String = Sha256::digest(&sealed).iter().map(|byte| format!("{byte:02x}")).collect();
    sealed.extend(format!("end\t{entries}\tsha256:{digest}\n").into_bytes());
    check(&sealed);
});

fn check(bytes: &[u8]) {
    let Ok(list) = SuppressionList::parse(bytes) else { return };
    let written = list.to_string();
    let again = SuppressionList::parse(written.as_bytes()).expect("what was written is read");
    assert_eq!(again.entries(), list.entries());
    for entry in list.entries() {
        assert!(list.find(entry.rule()).is_some());
    }
    std::hint::black_box((list.networks().len(), list.suppressed_as().count()));
}
