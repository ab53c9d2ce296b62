//! A suppressed company can't be told from a gap: a file opened with a list says what a file says
//! that was built without what the list names, through every way to ask.

mod common;

use std::collections::BTreeMap;
use std::net::IpAddr;

use common::*;
use nameplate::format::SectionKind;
use nameplate::{
    Address, Answer, AnswerRef, CompanyFields, Database, Error, Network, OpenOptions, SourceFields, Status,
    Suppression, SuppressionList, SuppressionRule, Writer, write_json,
};

fn list(rules: &[SuppressionRule]) -> SuppressionList {
    let mut list = SuppressionList::default();
    for rule in rules {
        list.add(Suppression::new(rule.clone(), "2026-06-17", "asked").unwrap());
    }
    list
}

fn id(id: &str) -> SuppressionRule {
    SuppressionRule::Company(id.into())
}

fn network(text: &str) -> SuppressionRule {
    SuppressionRule::Network(text.parse().unwrap())
}

fn suppressed(file: &[u8], rules: &[SuppressionRule]) -> Database {
    let database = Database::from_bytes(file).unwrap().suppress(&list(rules)).unwrap();
    database.verify().unwrap();
    database
}

fn json(answer: &Answer<'_>) -> String {
    let mut line = String::new();
    write_json(answer, &mut line);
    line + answer.name().unwrap_or("(no name)")
}

/// Everything that a database says, with answers in the place of their ids.
fn all_it_says(database: &Database, addresses: &[Address]) -> Vec<String> {
    let by_id = |id: u32| match database.answer(id) {
        Some(answer) if id != 0 => json(&answer),
        Some(answer) => format!("0 {}", json(&answer)),
        None => panic!("an id without an answer"),
    };
    let mut said = Vec::new();
    let mut answers = Vec::new();
    database.lookup_batch(addresses, &mut answers);
    for (address, batched) in addresses.iter().zip(&answers) {
        let answer = database.lookup(*address);
        let text = IpAddr::from(*address).to_string();
        let read = database.lookup_text(text.as_bytes()).unwrap();
        let id = match address {
            Address::V4(bits) => database.lookup_v4(*bits),
            Address::V6(bits) => database.lookup_v6(*bits),
        };
        assert_eq!(id == 0, answer.status() == Status::Unknown, "unknown is answer 0");
        said.extend([json(&answer), json(&read), json(batched), by_id(id)]);
    }
    let v4: Vec<u32> =
        addresses.iter().filter_map(|a| if let Address::V4(bits) = a { Some(*bits) } else { None }).collect();
    let v6: Vec<u128> =
        addresses.iter().filter_map(|a| if let Address::V6(bits) = a { Some(*bits) } else { None }).collect();
    let (mut ids4, mut ids6) = (vec![0; v4.len()], vec![0; v6.len()]);
    database.lookup_batch_v4(&v4, &mut ids4);
    database.lookup_batch_v6(&v6, &mut ids6);
    for ids in [ids4, ids6] {
        let mut names = vec![""; ids.len()];
        database.names(&ids, &mut names);
        said.extend(names.iter().map(|name| (*name).to_owned()));
        said.extend(ids.iter().map(|id| by_id(*id)));
    }
    for interval in database.intervals().chain(database.intervals_v4()).chain(database.intervals_v6()) {
        said.push(format!("{:?} {} {}", interval.network, json(&interval.answer), by_id(interval.answer_id)));
    }
    for company in database.companies() {
        let found = database.company(company.id()).unwrap();
        assert_eq!(found.name(), company.name());
        let networks: Vec<Network> = database.networks(company.id()).collect();
        said.push(format!("{} {} {:?} {networks:?}", company.id(), company.name(), company.domain()));
    }
    said.extend(database.operators().map(|operator| format!("{} {}", operator.asn(), operator.name())));
    let metadata = database.metadata();
    let mut by_text: Vec<String> = (0..metadata.answers() as u32).map(by_id).collect();
    assert!(database.answer(metadata.answers() as u32).is_none());
    by_text.sort();
    said.extend(by_text);
    said.push(format!(
        "{} {} {} {} {} {} {} {:?} {:?}",
        metadata.v4_intervals(),
        metadata.v6_intervals(),
        metadata.answers(),
        metadata.companies(),
        metadata.operators(),
        metadata.build_number(),
        metadata.created(),
        metadata.facts().collect::<Vec<_>>(),
        metadata.sources().map(|source| (source.name(), source.rows())).collect::<Vec<_>>(),
    ));
    said
}

/// Id, name, domain, register and number.
type ModelCompany = (String, String, Option<String>, Option<(String, String)>);

/// What the random files are made of: few addresses, so that every one can be asked for.
struct Model {
    companies: Vec<ModelCompany>,
    operators: Vec<(u32, String)>,
    /// Company and operator, by index.
    answers: Vec<(Option<usize>, Option<usize>)>,
    /// First addresses of the two stretches.
    base: (u32, u128),
    /// For each address of a stretch its answer; the same runs in both families, shifted.
    v4: Vec<Option<usize>>,
    v6: Vec<Option<usize>>,
}

const ADDRESSES: usize = 300;

impl Model {
    fn random(random: &mut Random) -> Model {
        let names = ["Alfa", "Bravo", "Carla", "Delta"];
        let companies = (0..5).map(|number| {
            let company_id = if random.below(2) == 0 {
                format!("asn:{}", 1 + random.below(4) * 10 + number)
            } else {
                format!("lei:{number}")
            };
            let domain =
                (random.below(3) == 0).then(|| format!("{}.example", names[random.below(4)].to_lowercase()));
            let register =
                (random.below(3) == 0).then(|| ("Handelsregister B".to_owned(), format!("HRB {number}")));
            (company_id, names[random.below(4)].to_owned(), domain, register)
        });
        let companies: Vec<_> = companies.collect();
        let mut operators: BTreeMap<u32, String> =
            (0..4).map(|_| (1 + random.below(40) as u32, names[random.below(4)].to_owned())).collect();
        operators.insert(100, "Telecom".into());
        let operators: Vec<_> = operators.into_iter().collect();
        let answers = (0..8).map(|_| {
            let operator = (random.below(4) != 0).then(|| random.below(operators.len()));
            let company = (operator.is_none() || random.below(3) != 0).then(|| random.below(companies.len()));
            (company, operator)
        });
        let answers: Vec<_> = answers.collect();
        let mut stretch = || {
            let mut stretch = Vec::new();
            while stretch.len() < ADDRESSES {
                let answer = (random.below(4) != 0).then(|| random.below(answers.len()));
                let length = 1 + random.below(40);
                stretch.extend(std::iter::repeat_n(answer, length));
            }
            stretch.truncate(ADDRESSES);
            stretch
        };
        let (v4, v6) = (stretch(), stretch());
        let base = match random.below(3) {
            0 => (0, 0),
            1 => (u32::MAX - (ADDRESSES as u32 - 1), u128::MAX - (ADDRESSES as u128 - 1)),
            _ => (0xc000_0200, 0x2001_0db8 << 96),
        };
        Model { companies, operators, answers, base, v4, v6 }
    }

    /// The file, where `company`, `operator` and `address` say what enters it.
    fn file(
        &self,
        company: impl Fn(usize) -> bool,
        operator: impl Fn(usize) -> bool,
        address: impl Fn(IpAddr) -> bool,
    ) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.build_number(3);
        writer.created(5);
        writer.fact("generator", "tests").unwrap();
        let sources = ["gleif", "ip-asn", "extra"]
            .map(|name| writer.source(&SourceFields { name, rows: 7, ..Default::default() }).unwrap());
        let companies: Vec<_> = self
            .companies
            .iter()
            .enumerate()
            .map(|(number, (id, name, domain, register))| {
                company(number).then(|| {
                    let fields = CompanyFields {
                        id,
                        name,
                        domain: domain.as_deref(),
                        register: register.as_ref().map(|(register, _)| register.as_str()),
                        register_id: register.as_ref().map(|(_, number)| number.as_str()),
                        country: Some(*b"NL"),
                        ..Default::default()
                    };
                    writer.company(&fields).unwrap()
                })
            })
            .collect();
        let operators: Vec<_> = self
            .operators
            .iter()
            .enumerate()
            .map(|(number, (asn, name))| operator(number).then(|| writer.operator(*asn, name, None).unwrap()))
            .collect();
        let answers: Vec<AnswerRef> = self
            .answers
            .iter()
            .enumerate()
            .map(|(number, (company, operator))| {
                let operator = operator.and_then(|operator| operators[operator]);
                let evidence = sources[number % 2].union(sources[2]);
                match (company.map(|company| companies[company]), operator) {
                    (Some(Some(company)), operator) => {
                        writer.company_answer(company, operator, 50, evidence).unwrap()
                    }
                    (None, Some(operator)) => writer.operator_answer(operator, evidence).unwrap(),
                    _ => AnswerRef::UNKNOWN,
                }
            })
            .collect();
        for (offset, answer) in self.v4.iter().enumerate() {
            let bits = self.base.0 + offset as u32;
            let answer = answer
                .filter(|_| address(Address::V4(bits).into()))
                .map_or(AnswerRef::UNKNOWN, |a| answers[a]);
            writer.push_v4(bits, bits, answer).unwrap();
        }
        for (offset, answer) in self.v6.iter().enumerate() {
            let bits = self.base.1 + offset as u128;
            let answer = answer
                .filter(|_| address(Address::V6(bits).into()))
                .map_or(AnswerRef::UNKNOWN, |a| answers[a]);
            writer.push_v6(bits, bits, answer).unwrap();
        }
        file_of(writer)
    }

    /// Every address that the file says something about, and those beside them.
    fn addresses(&self) -> Vec<Address> {
        let v4 = (0..ADDRESSES as u32 + 2)
            .map(|offset| Address::V4(self.base.0.wrapping_sub(1).wrapping_add(offset)));
        let v6 = (0..ADDRESSES as u128 + 2)
            .map(|offset| Address::V6(self.base.1.wrapping_sub(1).wrapping_add(offset)));
        v4.chain(v6).collect()
    }

    fn random_rules(&self, random: &mut Random) -> Vec<SuppressionRule> {
        (0..random.below(5))
            .map(|_| {
                let (company_id, _, domain, register) = &self.companies[random.below(self.companies.len())];
                match (random.below(5), domain, register) {
                    (0, Some(domain), _) => SuppressionRule::Domain(format!("WWW.{domain}")),
                    (1, _, Some((register, number))) => SuppressionRule::Register {
                        register: register.to_uppercase(),
                        number: number.replace(' ', ""),
                    },
                    (2, _, _) => id(&format!("asn:{}", self.operators[random.below(self.operators.len())].0)),
                    (3, _, _) => {
                        let (a, b) = (random.below(ADDRESSES), random.below(60));
                        let first = IpAddr::from(Address::V4(self.base.0 + a as u32));
                        let last = IpAddr::from(Address::V4(self.base.0.saturating_add((a + b) as u32)));
                        SuppressionRule::Network(Network { first, last })
                    }
                    (4, _, _) => {
                        let (a, b) = (random.below(ADDRESSES), random.below(60));
                        let first = IpAddr::from(Address::V6(self.base.1 + a as u128));
                        let last = IpAddr::from(Address::V6(self.base.1.saturating_add((a + b) as u128)));
                        SuppressionRule::Network(Network { first, last })
                    }
                    _ => id(company_id),
                }
            })
            .collect()
    }

    /// The oracle: what the rules say, read one by one.
    fn file_without(&self, rules: &[SuppressionRule]) -> Vec<u8> {
        let plain = |text: &str| text.replace(' ', "").to_lowercase();
        let hides_company = |number: usize| {
            let (company_id, _, domain, register) = &self.companies[number];
            rules.iter().any(|rule| match rule {
                SuppressionRule::Company(id) => id == company_id,
                SuppressionRule::Domain(rule) => {
                    domain.as_ref().is_some_and(|domain| *rule == format!("WWW.{domain}"))
                }
                SuppressionRule::Register { register: name, number } => register
                    .as_ref()
                    .is_some_and(|(a, b)| (plain(a), plain(b)) == (plain(name), plain(number))),
                SuppressionRule::Network(_) => false,
            })
        };
        let hides_operator = |number: usize| {
            let (asn, name) = &self.operators[number];
            let as_id = format!("asn:{asn}");
            rules.iter().any(|rule| *rule == id(&as_id))
                || self.companies.iter().enumerate().any(|(company, (company_id, company_name, ..))| {
                    hides_company(company) && (company_name == name || *company_id == as_id)
                })
        };
        let hides_address = |address: IpAddr| {
            rules.iter().any(|rule| match rule {
                SuppressionRule::Network(network) => {
                    address.is_ipv4() == network.first.is_ipv4()
                        && (network.first..=network.last).contains(&address)
                }
                _ => false,
            })
        };
        self.file(
            |company| !hides_company(company),
            |operator| !hides_operator(operator),
            |address| !hides_address(address),
        )
    }
}

#[test]
fn a_list_makes_of_a_file_the_one_that_would_have_been_built_without_what_it_names() {
    let mut changed = 0;
    for seed in 0..400 {
        let mut random = Random(seed);
        let model = Model::random(&mut random);
        let rules = model.random_rules(&mut random);
        let file = model.file(|_| true, |_| true, |_| true);
        let whole = open_verified(&file);
        let opened = suppressed(&file, &rules);
        let built = open_verified(&model.file_without(&rules));
        let addresses = model.addresses();
        assert_eq!(
            all_it_says(&opened, &addresses),
            all_it_says(&built, &addresses),
            "seed {seed}: {rules:?}"
        );
        let portable = suppressed(&file, &rules).portable().without_indexes();
        assert_eq!(all_it_says(&portable, &addresses), all_it_says(&built, &addresses), "seed {seed}");
        changed += usize::from(all_it_says(&whole, &addresses) != all_it_says(&built, &addresses));
    }
    assert!(changed > 200, "most lists hide something: {changed}");
}

/// The builder's way and the reader's are one.
#[test]
fn a_builder_with_the_list_writes_what_a_reader_with_the_list_sees() {
    let rules = [id(ZULU), network("198.51.100.64/26")];
    let built = file_of(list(&rules).apply(sample_writer()).unwrap());
    let addresses = edges(&sample());
    assert_eq!(
        all_it_says(&open_verified(&built), &addresses),
        all_it_says(&suppressed(&sample(), &rules), &addresses)
    );
    let there = |file: &[u8], text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    for text in ["Zoë Zulu GmbH", "zulu.example", "HRB 1", ZULU] {
        assert!(there(&sample(), text) && !there(&built, text), "{text} must not be in the file");
    }
    assert_eq!(file_of(SuppressionList::default().apply(sample_writer()).unwrap()), sample());
}

#[test]
fn each_kind_of_rule_hides_the_company_from_every_answer() {
    let register =
        SuppressionRule::Register { register: "amtsgericht beispiel".into(), number: "HRB1".into() };
    for rule in [id(ZULU), register, SuppressionRule::Domain("www.ZULU.example".into())] {
        let database = suppressed(&sample(), &[rule]);
        let gap = json(&database.lookup_text(b"8.8.8.8").unwrap());
        for address in ["192.0.2.0", "192.0.2.255", "198.51.101.7", "2001:db8::1"] {
            assert_eq!(json(&database.lookup_text(address.as_bytes()).unwrap()), gap);
        }
        assert_eq!(database.lookup_v4(0xc000_0200), 0);
        assert!(database.company(ZULU).is_none());
        assert_eq!(database.networks(ZULU).count(), 0);
        assert_eq!(database.lookup_text(b"192.0.3.0").unwrap().company().unwrap().id(), ALFA);
    }
}

#[test]
fn a_company_without_an_operator_s_name_does_not_come_back_as_operator_of_its_network() {
    let mut writer = Writer::new();
    let source = writer.source(&SourceFields { name: "ip-asn", ..Default::default() }).unwrap();
    let own = writer.operator(64_499, "ALFA B.V.", None).unwrap();
    let second = writer.operator(64_498, "Alfa B.V.", None).unwrap();
    let alfa = CompanyFields { id: ALFA, name: "Alfa B.V.", ..Default::default() };
    let tenant = CompanyFields { id: "lei:TENANT", name: "Tenant N.V.", ..Default::default() };
    let (alfa, tenant) = (writer.company(&alfa).unwrap(), writer.company(&tenant).unwrap());
    let alfa = writer.company_answer(alfa, Some(own), 40, source).unwrap();
    let tenant = writer.company_answer(tenant, Some(own), 40, source).unwrap();
    let second = writer.operator_answer(second, source).unwrap();
    writer.push_v4(256, 511, alfa).unwrap();
    writer.push_v4(512, 767, tenant).unwrap();
    writer.push_v4(768, 1023, second).unwrap();
    let database = suppressed(&file_of(writer), &[id(ALFA)]);
    assert_eq!(database.lookup_v4(256), 0);
    assert_eq!(database.lookup_v4(768), 0, "an operator with the company's name");
    let tenant = database.lookup(Address::V4(512));
    assert_eq!(tenant.company().unwrap().name(), "Tenant N.V.");
    assert!(tenant.operator().is_none());
    assert_eq!(database.operators().count(), 0);
}

#[test]
fn a_suppressed_network_cuts_the_ranges_around_it() {
    let database = suppressed(&sample(), &[network("192.0.2.64-192.0.2.127"), network("2001:db8::/65")]);
    let range = |address: &str| {
        let network = database.lookup_text(address.as_bytes()).unwrap().network();
        network.map(|network| format!("{}-{}", network.first, network.last))
    };
    assert_eq!(range("192.0.2.0").as_deref(), Some("192.0.2.0-192.0.2.63"));
    assert_eq!(range("192.0.2.64"), None);
    assert_eq!(range("192.0.2.127"), None);
    assert_eq!(range("192.0.2.128").as_deref(), Some("192.0.2.128-192.0.2.255"));
    assert_eq!(
        range("2001:db8::8000:0:0:0").as_deref(),
        Some("2001:db8:0:0:8000::-2001:db8::ffff:ffff:ffff:ffff")
    );
    let networks: Vec<String> = database.networks(ZULU).map(|network| network.to_string()).collect();
    assert_eq!(networks, ["192.0.2.0/26", "192.0.2.128/25", "198.51.101.0/24", "2001:db8:0:0:8000::/65"]);
}

#[test]
fn a_file_without_what_the_list_names_is_used_as_it_is() {
    let rules = [id("lei:NOBODY"), id("asn:1"), network("8.8.8.0/24"), network("2001:db9::/32")];
    let database = suppressed(&sample(), &rules);
    let addresses = edges(&sample());
    assert_eq!(all_it_says(&database, &addresses), all_it_says(&open_verified(&sample()), &addresses));
    assert_eq!(
        database.metadata().sections().count(),
        open_verified(&sample()).metadata().sections().count()
    );
}

#[test]
fn everything_can_be_suppressed_but_the_names_of_special_purpose_blocks() {
    let database = suppressed(
        &sample(),
        &[network("0.0.0.0/0"), network("::/0"), id(ZULU), id(ALFA), id("asn:64500"), id("asn:64501")],
    );
    assert_eq!((database.metadata().v4_intervals(), database.metadata().v6_intervals()), (1, 1));
    assert_eq!(
        (database.metadata().answers(), database.companies().len(), database.operators().len()),
        (2, 0, 0)
    );
}

#[test]
fn options_open_a_file_with_a_list() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    nameplate::publish(sample_writer(), &path).unwrap();
    let list = list(&[id(ZULU)]);
    for options in
        [OpenOptions::default(), OpenOptions::default().copy(true), OpenOptions::default().prefault(true)]
    {
        assert!(options.open(&path).unwrap().company(ZULU).is_some());
        let database = options.suppression(Some(&list)).open(&path).unwrap();
        assert!(database.company(ZULU).is_none());
        assert!(options.suppression(None).open(&path).unwrap().company(ZULU).is_some());
    }
}

/// A file that `open` accepts and `verify` does not: an error that names the damage and the file,
/// and nothing is served of it with what should be hidden.
#[test]
fn a_damaged_file_is_an_error_where_it_must_be_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    let mut parts = Parts::sample();
    parts.put_u32(SectionKind::V4Starts, 3, 0, 5);
    std::fs::write(&path, parts.assemble()).unwrap();
    assert!(Database::open(&path).is_ok());
    match OpenOptions::default().suppression(Some(&list(&[id(ZULU)]))).open(&path) {
        Err(Error::Format { path: named, .. }) => assert_eq!(named, path),
        other => panic!("{other:?}"),
    }
}

/// Whatever the damage, nothing panics, and the company that is suppressed does not come out.
#[test]
fn no_damage_makes_a_suppressed_file_panic_or_show_the_company() {
    let list = list(&[id(ZULU), network("198.51.100.0/25")]);
    let parts = Parts::sample();
    let mut random = Random(1);
    for _ in 0..3000 {
        let mut parts = parts.clone();
        let section = random.below(parts.sections.len());
        let content = &mut parts.sections[section].content;
        if content.is_empty() {
            continue;
        }
        let place = random.below(content.len());
        content[place] ^= 1 << random.below(8);
        let Ok(database) = Database::from_bytes(&parts.assemble()) else { continue };
        let Ok(database) = database.suppress(&list) else { continue };
        for address in edges(&sample()) {
            read_answer(&database.lookup(address));
        }
        // Where the damage is in the id itself, the rule names another company.
        if parts.sections[section].kind != SectionKind::Strings as u32
            && parts.sections[section].kind != SectionKind::Companies as u32
        {
            assert!(database.company(ZULU).is_none());
        }
    }
}
