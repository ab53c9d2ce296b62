//! The walk over a whole file: intervals, companies, operators.

mod common;

use std::net::IpAddr;

use common::{deep, sample};
use nameplate::{Database, Status};

/// The address behind this one, if its family goes on.
fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => Some(IpAddr::V4(v4.to_bits().checked_add(1)?.into())),
        IpAddr::V6(v6) => Some(IpAddr::V6(v6.to_bits().checked_add(1)?.into())),
    }
}

#[test]
fn intervals_are_both_families_without_gaps_and_say_what_lookups_say() {
    for file in [sample(), deep()] {
        let database = Database::from_bytes(&file).unwrap();
        let mut expected: Option<IpAddr> = Some("0.0.0.0".parse().unwrap());
        for interval in database.intervals() {
            let network = interval.network;
            let start = expected.unwrap_or("::".parse().unwrap());
            assert_eq!(network.first, start);
            for address in [network.first, network.last] {
                let answer = database.lookup(address.into());
                assert_eq!(interval.answer.status(), answer.status(), "{address}");
                assert_eq!(interval.answer.name(), answer.name(), "{address}");
                let by_id = database.answer(interval.answer_id).unwrap();
                assert_eq!((by_id.status(), by_id.name()), (answer.status(), answer.name()), "{address}");
                if matches!(answer.status(), Status::Company | Status::Operator) {
                    assert_eq!(answer.network(), Some(network));
                }
            }
            assert_eq!(interval.answer.network(), None);
            expected = next(network.last);
        }
        assert_eq!(expected, None, "the last interval ends with the IPv6 space");
        let metadata = database.metadata();
        assert_eq!(database.intervals_v4().count(), metadata.v4_intervals());
        assert_eq!(database.intervals_v6().count(), metadata.v6_intervals());
    }
}

#[test]
fn companies_and_operators_come_in_ascending_order() {
    let file = sample();
    let database = Database::from_bytes(&file).unwrap();
    let ids: Vec<_> = database.companies().map(|company| company.id()).collect();
    assert_eq!(ids, [common::ALFA, common::ZULU]);
    let numbers: Vec<_> = database.operators().map(|operator| operator.asn()).collect();
    assert_eq!(numbers, [64_500, 64_501]);
}
