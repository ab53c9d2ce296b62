//! One range file, open for lookups.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use crate::address::{Address, InvalidAddress};
use crate::answer::{Answer, Company, Network, Operator};
use crate::backing::Backing;
use crate::cpu::{Cpu, prefetch};
use crate::error::{Error, FormatError};
use crate::format::{AnswerRecord, UNKNOWN};
use crate::layout::View;
use crate::metadata::Metadata;
use crate::search::{AHEAD, GROUP};
use crate::signature::PublicKey;
use crate::suppression::{Hidden, SuppressionList};

/// What errors call a file that has no path.
const IN_MEMORY: &str = "range file in memory";

/// One range file, open for lookups: immutable, so any number of threads may share it.
///
/// A lookup takes no lock, allocates nothing and makes no system call; what it returns borrows
/// from the database.
///
/// ```no_run
/// use nameplate::{Database, Status};
///
/// let database = Database::open("nameplate.npl".as_ref())?;
/// let answer = database.lookup_text(b"192.0.2.1").expect("an address");
/// if answer.status() == Status::Company {
///     println!("{}", answer.company().expect("a company").name());
/// }
/// # Ok::<(), nameplate::Error>(())
/// ```
pub struct Database {
    /// Slices into `backing`, which is why they must not outlive it: private, handed out only
    /// with the lifetime of a borrow of this struct, and declared first, so dropped first.
    view: View<'static>,
    backing: Backing,
}

impl Database {
    /// Maps a range file. Every process that maps it shares one copy in the page cache.
    ///
    /// Checks header and bounds: O(1), well under a millisecond. It does not read the content;
    /// [`Database::verify`] does. Lookups in a file whose content is damaged may answer wrongly,
    /// but never panic and never read outside the file.
    ///
    /// The file must not be changed in place while it is open: replace it by rename, as
    /// [`publish`](crate::publish) does. A process whose mapped file is truncated is killed by SIGBUS; where
    /// that cannot be ruled out, use [`OpenOptions::copy`].
    pub fn open(path: &Path) -> Result<Database, Error> {
        OpenOptions::default().open(path)
    }

    /// Copies a range file that is already in memory. Checks the same as [`Database::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Database, Error> {
        let backing = Backing::from_bytes(bytes).map_err(Error::io(IN_MEMORY))?;
        Self::new(backing).map_err(|source| Error::Format { path: IN_MEMORY.into(), source })
    }

    /// The same database without what the list names: every method, and every number that counts
    /// something, is that of a file that was built without it. So a suppressed company cannot be
    /// told from a gap. [`Metadata::file_length`] and [`Metadata::sections`] are those of what is
    /// then in memory.
    ///
    /// Where the file has nothing that the list names, as a file built with the same list, it is
    /// used as it is: O(companies + operators). Else its content is written anew into this
    /// process's memory, a copy of the file's size, and nothing of the first is kept: O(file), for the
    /// real file of 19 MB some 0.2 s of processor time and 110 MB until it is done. A lookup costs the same as ever.
    ///
    /// Answer ids are others than before. Fails with [`Error::Format`] where the file is damaged so
    /// that it cannot be read to its end.
    pub fn suppress(self, list: &SuppressionList) -> Result<Database, Error> {
        let hidden = Hidden::find(&self.view, list);
        if hidden.is_nothing() {
            return Ok(self);
        }
        let mut file = Vec::with_capacity(self.bytes().len());
        let written = hidden.write_rest(&self).and_then(|writer| writer.finish(&mut file));
        if let Err(error) = written {
            // Who damaged what says more than at which step it was noticed.
            self.verify().map_err(|source| Error::Format { path: IN_MEMORY.into(), source })?;
            return Err(Error::io(IN_MEMORY)(io::Error::other(error)));
        }
        drop(self);
        Database::from_bytes(&file)
    }

    fn new(backing: Backing) -> Result<Database, FormatError> {
        // SAFETY: the bytes stay where they are and unchanged while `backing` lives (its own
        // promise), `view` lives no longer than `backing` (same struct, dropped first), and no
        // method returns a slice of it for longer than the borrow of `self` it came from.
        let bytes: &'static [u8] = unsafe { std::mem::transmute::<&[u8], &'static [u8]>(backing.bytes()) };
        Ok(Database { view: View::new(bytes)?, backing })
    }

    /// The same database, searched without instructions beyond the architecture's baseline. The
    /// answers are the same; tests and measurements compare the two.
    #[doc(hidden)]
    #[must_use]
    pub fn portable(mut self) -> Database {
        self.view.v4.cpu = Cpu::Portable;
        self.view.v6.cpu = Cpu::Portable;
        self
    }

    /// The same database, searched by halving the sorted starts, as in a file without indexes.
    #[doc(hidden)]
    #[must_use]
    pub fn without_indexes(mut self) -> Database {
        self.view.v4.index = None;
        self.view.v6.index = None;
        self
    }

    pub(crate) fn view(&self) -> &View<'_> {
        &self.view
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.backing.bytes()
    }

    /// What is known about an address. Cost: one search and one record.
    pub fn lookup(&self, address: Address) -> Answer<'_> {
        match address {
            Address::V4(bits) => self.answer_v4(self.view.v4.find(bits)),
            Address::V6(bits) => self.answer_v6(self.view.v6.find(bits)),
        }
    }

    fn answer_v4(&self, interval: usize) -> Answer<'_> {
        self.answer_in(self.view.v4.answer(interval), self.view.v4.bounds(interval).map(network_v4))
    }

    fn answer_v6(&self, interval: usize) -> Answer<'_> {
        self.answer_in(self.view.v6.answer(interval), self.view.v6.bounds(interval).map(network_v6))
    }

    /// Reads an address as [`Address::parse`] does and looks it up.
    pub fn lookup_text(&self, text: &[u8]) -> Result<Answer<'_>, InvalidAddress> {
        Address::parse(text).map(|address| self.lookup(address))
    }

    /// The answer id of an IPv4 address in host order; [`UNKNOWN`] where there is none.
    pub fn lookup_v4(&self, address: u32) -> u32 {
        self.view.v4.lookup(address)
    }

    /// The answer id of an IPv6 address in host order; an IPv4-mapped one is looked up as IPv4.
    pub fn lookup_v6(&self, address: u128) -> u32 {
        match Address::from_v6_bits(address) {
            Address::V4(bits) => self.lookup_v4(bits),
            Address::V6(bits) => self.view.v6.lookup(bits),
        }
    }

    /// Appends what is known about many addresses, in order. Quicker than one at a time, because
    /// the loads of a group of addresses overlap. Allocates only what `answers` grows by.
    pub fn lookup_batch<'a>(&'a self, addresses: &[Address], answers: &mut Vec<Answer<'a>>) {
        answers.reserve(addresses.len());
        for group in addresses.chunks(GROUP) {
            self.lookup_group(group, answers);
        }
    }

    fn lookup_group<'a>(&'a self, addresses: &[Address], answers: &mut Vec<Answer<'a>>) {
        let mut numbers = [0; GROUP];
        let numbers = &mut numbers[..addresses.len()];
        self.find_group(addresses, numbers);
        let before_v6 = self.view.v4.starts.len() as u32;
        // By the address's family and not by the number: a damaged index gives any.
        let found = addresses.iter().zip(numbers.iter());
        // What the caller reads next, each step for all of the group before the next one waits for it.
        found.clone().for_each(|(address, number)| match address {
            Address::V4(_) => self.view.v4.prefetch(*number as usize),
            Address::V6(_) => self.view.v6.prefetch(number.wrapping_sub(before_v6) as usize),
        });
        let first = answers.len();
        answers.extend(found.map(|(address, number)| match address {
            Address::V4(_) => self.answer_v4(*number as usize),
            Address::V6(_) => self.answer_v6(number.wrapping_sub(before_v6) as usize),
        }));
        answers[first..].iter().for_each(Answer::prefetch);
        answers[first..].iter().for_each(Answer::prefetch_organisations);
    }

    /// At most [`GROUP`] addresses: each family by itself, then back into the order in which they came.
    fn find_group(&self, addresses: &[Address], numbers: &mut [u32]) {
        let (mut v4, mut count_v4, mut found_v4) = ([0; GROUP], 0, [0; GROUP]);
        let (mut v6, mut count_v6, mut found_v6) = ([0; GROUP], 0, [0; GROUP]);
        for address in addresses {
            match address {
                Address::V4(bits) => {
                    v4[count_v4] = *bits;
                    count_v4 += 1;
                }
                Address::V6(bits) => {
                    v6[count_v6] = *bits;
                    count_v6 += 1;
                }
            }
        }
        self.view.v4.find_batch(&v4[..count_v4], &mut found_v4[..count_v4]);
        self.view.v6.find_batch(&v6[..count_v6], &mut found_v6[..count_v6]);
        let before_v6 = self.view.v4.starts.len() as u32;
        let (mut next_v4, mut next_v6) = (0, 0);
        for (address, number) in addresses.iter().zip(numbers) {
            (*number, next_v4, next_v6) = match address {
                Address::V4(_) => (found_v4[next_v4], next_v4 + 1, next_v6),
                Address::V6(_) => (before_v6.wrapping_add(found_v6[next_v6]), next_v4, next_v6 + 1),
            };
        }
    }

    /// The number of the interval that holds an address, for [`Database::answer_of_interval`] and
    /// [`Database::network_of_interval`]: for callers that keep what they found in a few bytes and read
    /// of it what they are asked for. IPv4 intervals count from 0, IPv6 intervals follow them. Numbers hold
    /// within one file.
    pub fn find(&self, address: Address) -> u32 {
        match address {
            Address::V4(bits) => self.view.v4.find(bits) as u32,
            Address::V6(bits) => (self.view.v4.starts.len() + self.view.v6.find(bits)) as u32,
        }
    }

    /// The same for many addresses, in order, and quicker for the reason of [`Database::lookup_batch_v4`].
    ///
    /// # Panics
    ///
    /// If the slices are not of one length.
    pub fn find_batch(&self, addresses: &[Address], numbers: &mut [u32]) {
        assert_eq!(addresses.len(), numbers.len(), "one number for each address");
        for (group, numbers) in addresses.chunks(GROUP).zip(numbers.chunks_mut(GROUP)) {
            self.find_group(group, numbers);
        }
    }

    /// The answer id of an interval, and the answer, which is without a network; "unknown" where there is no
    /// such interval.
    #[inline]
    pub fn answer_of_interval(&self, number: u32) -> (u32, Answer<'_>) {
        let number = number as usize;
        let id = match number.checked_sub(self.view.v4.starts.len()) {
            None => self.view.v4.answer(number),
            Some(index) => self.view.v6.answer(index),
        };
        (id, self.answer_in(id, None))
    }

    /// First and last address of an interval, those of unknown and reserved ones too; none where there is no
    /// such interval.
    pub fn network_of_interval(&self, number: u32) -> Option<Network> {
        self.network(number as usize)
    }

    /// The answer ids of many IPv4 addresses in host order, in order. Several times as fast as one
    /// at a time, because the loads of a group of addresses overlap.
    ///
    /// # Panics
    ///
    /// If the slices are not of one length.
    pub fn lookup_batch_v4(&self, addresses: &[u32], ids: &mut [u32]) {
        assert_eq!(addresses.len(), ids.len(), "one id for each address");
        self.view.v4.lookup_batch(addresses, ids);
    }

    /// The same for IPv6 addresses; IPv4-mapped ones are looked up as IPv4.
    ///
    /// # Panics
    ///
    /// If the slices are not of one length.
    pub fn lookup_batch_v6(&self, addresses: &[u128], ids: &mut [u32]) {
        assert_eq!(addresses.len(), ids.len(), "one id for each address");
        self.view.v6.lookup_batch(addresses, ids);
        for (address, id) in addresses.iter().zip(ids) {
            if let Address::V4(bits) = Address::from_v6_bits(*address) {
                *id = self.view.v4.lookup(bits);
            }
        }
    }

    /// The names of answers, as [`Answer::name`] gives them, "" where there is none: quicker than
    /// one at a time, for the same reason as [`Database::lookup_batch_v4`].
    ///
    /// # Panics
    ///
    /// If the slices are not of one length.
    pub fn names<'a>(&'a self, ids: &[u32], names: &mut [&'a str]) {
        assert_eq!(ids.len(), names.len(), "one name for each id");
        for id in &ids[..ids.len().min(AHEAD)] {
            prefetch(self.view.answers, *id as usize);
        }
        for (place, (id, name)) in ids.iter().zip(names).enumerate() {
            if let Some(ahead) = ids.get(place + AHEAD) {
                prefetch(self.view.answers, *ahead as usize);
            }
            let answer = self.view.answers.get(*id as usize);
            *name = answer.and_then(|answer| self.view.name(answer)).unwrap_or_default();
        }
    }

    /// The answer with this id, without a network; none where the file has no such id. Ids hold
    /// within one file.
    pub fn answer(&self, id: u32) -> Option<Answer<'_>> {
        let record = self.view.answers.get(id as usize)?;
        Some(Answer::new(&self.view, record, None))
    }

    /// Every answer that an address can get passes here.
    fn answer_in(&self, id: u32, network: Option<Network>) -> Answer<'_> {
        static NOTHING: AnswerRecord = AnswerRecord::UNKNOWN;
        let record = self.view.answers.get(id as usize).unwrap_or(&NOTHING);
        Answer::new(&self.view, record, network)
    }

    /// The company with this id. O(log companies).
    pub fn company(&self, id: &str) -> Option<Company<'_>> {
        let index = self.company_index(id)?;
        Some(Company::new(&self.view, &self.view.companies[index]))
    }

    fn company_index(&self, id: &str) -> Option<usize> {
        self.view
            .companies
            .binary_search_by(|company| self.view.string(company.id).unwrap_or_default().cmp(id))
            .ok()
    }

    /// The networks of a company, IPv4 first, ascending; empty where there is no such company.
    /// O(log companies) and then O(1) for each.
    pub fn networks<'a>(&'a self, company_id: &str) -> impl Iterator<Item = Network> + use<'a> {
        let numbers = self.company_index(company_id).and_then(|index| {
            let start = self.view.network_offsets.get(index)?.get() as usize;
            let end = self.view.network_offsets.get(index + 1)?.get() as usize;
            self.view.networks.get(start..end)
        });
        numbers.unwrap_or_default().iter().filter_map(|number| self.network(number.get() as usize))
    }

    /// The interval with this number: IPv4 intervals count from 0, IPv6 intervals follow them.
    fn network(&self, number: usize) -> Option<Network> {
        match number.checked_sub(self.view.v4.starts.len()) {
            None => self.view.v4.bounds(number).map(network_v4),
            Some(index) => self.view.v6.bounds(index).map(network_v6),
        }
    }

    /// Every interval, IPv4 before IPv6, ascending: together they are both address spaces without
    /// gaps, unknown ones included. O(1) for each; nothing is allocated. In a file that
    /// [`Database::verify`] refuses, order and ends may be anything.
    pub fn intervals(&self) -> impl Iterator<Item = Interval<'_>> {
        self.intervals_v4().chain(self.intervals_v6())
    }

    /// The IPv4 half of [`Database::intervals`].
    pub fn intervals_v4(&self) -> impl Iterator<Item = Interval<'_>> {
        let table = &self.view.v4;
        let network = move |index| table.bounds(index).map(network_v4);
        (0..table.starts.len())
            .filter_map(move |index| Some(self.interval(network(index)?, table.answer(index))))
    }

    /// The IPv6 half of [`Database::intervals`].
    pub fn intervals_v6(&self) -> impl Iterator<Item = Interval<'_>> {
        let table = &self.view.v6;
        let network = move |index| table.bounds(index).map(network_v6);
        (0..table.starts_high.len())
            .filter_map(move |index| Some(self.interval(network(index)?, table.answer(index))))
    }

    fn interval(&self, network: Network, answer_id: u32) -> Interval<'_> {
        Interval { network, answer_id, answer: self.answer_in(answer_id, None) }
    }

    /// Every company, in ascending order of the ids' bytes.
    pub fn companies(&self) -> impl ExactSizeIterator<Item = Company<'_>> {
        self.view.companies.iter().map(|record| Company::new(&self.view, record))
    }

    /// Every operator, in ascending order of AS number.
    pub fn operators(&self) -> impl ExactSizeIterator<Item = Operator<'_>> {
        self.view.operators.iter().map(|record| Operator::new(&self.view, record))
    }

    /// What the file says about itself.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata::of(&self.view)
    }
}

/// One interval of a file, as [`Database::intervals`] gives it.
#[derive(Clone, Copy)]
pub struct Interval<'a> {
    /// First and last address; those of unknown and reserved intervals too.
    pub network: Network,
    /// The answer's id, by which a caller may keep what it has made of the answer.
    pub answer_id: u32,
    /// What is known about every address of the interval. It has no network of its own.
    pub answer: Answer<'a>,
}

/// Ways of opening a range file; the default is [`Database::open`]'s.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions<'a> {
    copy: bool,
    prefault: bool,
    verify: bool,
    public_key: Option<&'a PublicKey>,
    suppression: Option<&'a SuppressionList>,
}

impl<'a> OpenOptions<'a> {
    /// Copies the file into memory that nobody can change or shrink (on Linux a sealed memory file, in huge
    /// pages where the system has them for those), instead of mapping it. It takes the file's size in
    /// memory and some milliseconds, and nothing that happens to the file afterwards matters.
    /// docs/RELOAD.md compares the two ways.
    #[must_use]
    pub fn copy(mut self, copy: bool) -> OpenOptions<'a> {
        self.copy = copy;
        self
    }

    /// Reads the whole mapped file into the page cache before the first lookup, so that none of
    /// them waits for the disk. Where the system can't, lookups fault pages in as they come.
    /// A copied file is in memory anyway.
    #[must_use]
    pub fn prefault(mut self, prefault: bool) -> OpenOptions<'a> {
        self.prefault = prefault;
        self
    }

    /// Checks all that [`Database::verify`] checks: O(file), some 60 ms for 20 MB.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> OpenOptions<'a> {
        self.verify = verify;
        self
    }

    /// Takes the file only if the holder of this key's secret made it, if a key is given: what
    /// [`Database::verify_signature`] checks, and costs.
    #[must_use]
    pub fn public_key(mut self, key: Option<&'a PublicKey>) -> OpenOptions<'a> {
        self.public_key = key;
        self
    }

    /// Leaves out what the list names, if there is one: what [`Database::suppress`] does, and costs.
    #[must_use]
    pub fn suppression(mut self, list: Option<&'a SuppressionList>) -> OpenOptions<'a> {
        self.suppression = list;
        self
    }

    /// Opens the file; checks what [`Database::open`] checks, and what was asked for beyond that.
    pub fn open(self, path: &Path) -> Result<Database, Error> {
        self.open_if(path, |_| Ok(()))
    }

    /// The same, where `accept` may refuse a file whose signature was checked, before the rest takes its time.
    pub(crate) fn open_if(
        self,
        path: &Path,
        accept: impl FnOnce(&Database) -> Result<(), Error>,
    ) -> Result<Database, Error> {
        let backing = if self.copy { Backing::copy(path) } else { Backing::map(path, self.prefault) };
        let backing = backing.map_err(Error::io(path))?;
        let wrong = |source| Error::Format { path: path.into(), source };
        let database = Database::new(backing).map_err(wrong)?;
        if let Some(key) = self.public_key {
            database.verify_signature(key).map_err(wrong)?;
        }
        accept(&database)?;
        if self.verify {
            database.verify().map_err(wrong)?;
        }
        match self.suppression {
            Some(list) => database.suppress(list).map_err(|error| error.about(path)),
            None => Ok(database),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metadata = self.metadata();
        out.debug_struct("Database")
            .field("build_number", &metadata.build_number())
            .field("file_length", &metadata.file_length())
            .finish_non_exhaustive()
    }
}

fn network_v4((first, last): (u32, u32)) -> Network {
    Network { first: IpAddr::V4(Ipv4Addr::from_bits(first)), last: IpAddr::V4(Ipv4Addr::from_bits(last)) }
}

fn network_v6((first, last): (u128, u128)) -> Network {
    Network { first: IpAddr::V6(Ipv6Addr::from_bits(first)), last: IpAddr::V6(Ipv6Addr::from_bits(last)) }
}

const _: () = assert!(UNKNOWN == 0, "callers test answer ids for zero");
