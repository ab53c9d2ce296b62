//! The walk over a whole file: intervals, companies, operators.

mod common;

use std::net::IpAddr;

use common::{deep, sample};
use nameplate::{Address, Database, Status};

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

/// The walk is the oracle: it numbers intervals as it meets them.
#[test]
fn an_intervals_number_leads_to_its_answer_and_its_network() {
    for file in [sample(), deep()] {
        let database = Database::from_bytes(&file).unwrap();
        let (mut addresses, mut expected) = (Vec::new(), Vec::new());
        for (number, interval) in (0..).zip(database.intervals()) {
            let (id, answer) = database.answer_of_interval(number);
            assert_eq!(id, interval.answer_id);
            assert_eq!((answer.status(), answer.name()), (interval.answer.status(), interval.answer.name()));
            assert_eq!(answer.network(), None);
            let network = database.network_of_interval(number);
            assert_eq!(network, Some(interval.network));
            for address in [interval.network.first, interval.network.last].map(Address::from) {
                // IPv4-mapped IPv6 is IPv4, whatever the IPv6 table says.
                if IpAddr::from(address).is_ipv4() == interval.network.first.is_ipv4() {
                    assert_eq!(database.find(address), number);
                    assert_eq!(answer.in_network(network).network(), database.lookup(address).network());
                    addresses.push(address);
                    expected.push(number);
                }
            }
        }
        let past = database.metadata().v4_intervals() + database.metadata().v6_intervals();
        for none in [past as u32, u32::MAX] {
            assert_eq!(database.answer_of_interval(none).1.status(), Status::Unknown);
            assert_eq!(database.network_of_interval(none), None);
        }
        // The families by turns, in more than a group.
        let mut turns: Vec<usize> = (0..addresses.len()).collect();
        turns.sort_by_key(|place| place % 7);
        let addresses: Vec<Address> = turns.iter().map(|place| addresses[*place]).collect();
        let expected: Vec<u32> = turns.iter().map(|place| expected[*place]).collect();
        let mut numbers = vec![u32::MAX; addresses.len()];
        database.find_batch(&addresses, &mut numbers);
        assert_eq!(numbers, expected);
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
