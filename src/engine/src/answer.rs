//! What a lookup returns: cheap handles that read the file's records when asked.

use std::net::IpAddr;

use crate::cpu::prefetch;
use crate::format::{AnswerRecord, CompanyRecord, OperatorRecord, SourceRecord, StringRef};
use crate::layout::View;

/// Defines an enum whose numbers stand in the file and whose names stand in answers.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $number,)+
        }

        impl $name {
            /// Every value, in the order of the numbers.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word used in answers.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The value with this number in the file.
            pub const fn from_number(number: u8) -> Option<$name> {
                match number { $($number => Some($name::$variant),)+ _ => None }
            }

            /// The value that answers call by this word.
            pub fn from_name(name: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.as_str())
            }
        }
    };
}

coded! {
    /// What kind of answer it is.
    Status {
        /// No range, nothing that may be shown, or a suppressed company.
        Unknown = 0 "unknown",
        /// An organisation uses this network itself.
        Company = 1 "company",
        /// A network whose users can't be known: access, hosting, mobile, VPN, transit.
        Operator = 2 "operator",
        /// A special-purpose address (RFC 6890).
        Reserved = 3 "reserved",
    }
}

coded! {
    /// What kind of organisation a company is.
    CompanyKind {
        /// A commercial organisation.
        Business = 1 "business",
        /// A school, university or research network.
        Education = 2 "education",
        /// A public authority.
        Government = 3 "government",
        /// An association, foundation or church.
        Nonprofit = 4 "nonprofit",
    }
}

coded! {
    /// What an operator sells.
    OperatorKind {
        /// Internet access for households and firms.
        Access = 1 "access",
        /// Servers, clouds, content delivery.
        Hosting = 2 "hosting",
        /// Mobile access.
        Mobile = 3 "mobile",
        /// Virtual private networks and other relays.
        Vpn = 4 "vpn",
        /// Transit between networks.
        Transit = 5 "transit",
        /// An internet exchange.
        Exchange = 6 "exchange",
    }
}

/// A range of addresses of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// First address.
    pub first: IpAddr,
    /// Last address, at or after the first; in an unverified, damaged file it may lie before it.
    pub last: IpAddr,
}

/// What is known about an address.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    view: &'a View<'a>,
    record: &'a AnswerRecord,
    network: Option<Network>,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(view: &'a View<'a>, record: &'a AnswerRecord, network: Option<Network>) -> Answer<'a> {
        Answer { view, record, network }
    }

    /// Starts loading the record, which waits for nothing.
    pub(crate) fn prefetch(&self) {
        prefetch(std::slice::from_ref(self.record), 0);
    }

    /// Starts loading what the record leads to, which waits for the record.
    pub(crate) fn prefetch_organisations(&self) {
        prefetch(self.view.operators, self.record.operator.get() as usize);
        prefetch(self.view.companies, self.record.company.get() as usize);
    }

    /// What kind of answer it is.
    pub fn status(&self) -> Status {
        match Status::from_number(self.record.status) {
            // A record that promises a company or operator and has none is a damaged file's.
            Some(Status::Company) if self.company().is_none() => Status::Unknown,
            Some(Status::Operator) if self.operator().is_none() => Status::Unknown,
            status => status.unwrap_or(Status::Unknown),
        }
    }

    /// The organisation that uses the network; present when the status is `company`.
    pub fn company(&self) -> Option<Company<'a>> {
        let record = self.view.companies.get(self.record.company.get() as usize)?;
        Some(Company::new(self.view, record))
    }

    /// Who runs the network; present whenever its AS is known and may be shown.
    pub fn operator(&self) -> Option<Operator<'a>> {
        let record = self.view.operators.get(self.record.operator.get() as usize)?;
        Some(Operator::new(self.view, record))
    }

    /// The largest range around the address in which every address has this answer; none for an
    /// answer that was asked for by id, or that says nothing about a network.
    pub fn network(&self) -> Option<Network> {
        match self.status() {
            Status::Company | Status::Operator => self.network,
            Status::Unknown | Status::Reserved => None,
        }
    }

    /// How sure it is that this company uses the network, 1 to 100; present for companies.
    pub fn confidence(&self) -> Option<u8> {
        (self.status() == Status::Company).then_some(self.record.confidence)
    }

    /// The sources that say so.
    pub fn sources(&self) -> impl Iterator<Item = Source<'a>> + use<'a> {
        let (view, bits) = (self.view, self.record.sources.get());
        view.sources
            .iter()
            .enumerate()
            .filter(move |(index, _)| bits.checked_shr(*index as u32).unwrap_or(0) & 1 == 1)
            .map(|(_, record)| Source::new(view, record))
    }

    /// The same as a set: bit `i` stands for source `i` of [`Metadata::sources`](crate::Metadata::sources).
    pub fn source_bits(&self) -> u32 {
        let known = 1_u32.checked_shl(self.view.sources.len() as u32).map_or(u32::MAX, |bit| bit - 1);
        self.record.sources.get() & known
    }

    /// The same answer with a network, for an answer that was asked for by id or interval.
    #[must_use]
    pub fn in_network(mut self, network: Option<Network>) -> Answer<'a> {
        self.network = network;
        self
    }

    /// The RFC's name for a special-purpose block; present when the status is `reserved`.
    pub fn block(&self) -> Option<&'a str> {
        if self.status() == Status::Reserved { self.name() } else { None }
    }

    /// The name to show: the company's, the operator's, or that of the special-purpose block; none
    /// where nothing is known. The quickest way to a name.
    pub fn name(&self) -> Option<&'a str> {
        self.view.name(self.record)
    }
}

/// An organisation.
#[derive(Clone, Copy)]
pub struct Company<'a> {
    view: &'a View<'a>,
    record: &'a CompanyRecord,
}

impl<'a> Company<'a> {
    pub(crate) fn new(view: &'a View<'a>, record: &'a CompanyRecord) -> Company<'a> {
        Company { view, record }
    }

    fn string(&self, reference: StringRef) -> Option<&'a str> {
        self.view.string(reference)
    }

    /// Stable from build to build: `lei:…`, `asn:…`.
    pub fn id(&self) -> &'a str {
        self.string(self.record.id).unwrap_or_default()
    }

    /// Name as registered.
    pub fn name(&self) -> &'a str {
        self.string(self.record.name).unwrap_or_default()
    }

    /// Kind of organisation, where known.
    pub fn kind(&self) -> Option<CompanyKind> {
        CompanyKind::from_number(self.record.kind)
    }

    /// ISO 3166-1 alpha-2 code in capitals.
    pub fn country(&self) -> Option<&'a str> {
        let country = std::str::from_utf8(&self.record.country).ok()?;
        country.bytes().all(|byte| byte.is_ascii_uppercase()).then_some(country)
    }

    /// Internet domain.
    pub fn domain(&self) -> Option<&'a str> {
        self.string(self.record.domain)
    }

    /// Legal form as written, as `GmbH`.
    pub fn legal_form(&self) -> Option<&'a str> {
        self.string(self.record.legal_form)
    }

    /// Industry, as the register gives it.
    pub fn industry(&self) -> Option<&'a str> {
        self.string(self.record.industry)
    }

    /// Register in which the company stands.
    pub fn register(&self) -> Option<&'a str> {
        self.string(self.record.register)
    }

    /// Number in that register.
    pub fn register_id(&self) -> Option<&'a str> {
        self.string(self.record.register_id)
    }
}

/// Who runs a network.
#[derive(Clone, Copy)]
pub struct Operator<'a> {
    view: &'a View<'a>,
    record: &'a OperatorRecord,
}

impl<'a> Operator<'a> {
    pub(crate) fn new(view: &'a View<'a>, record: &'a OperatorRecord) -> Operator<'a> {
        Operator { view, record }
    }

    /// AS number.
    pub fn asn(&self) -> u32 {
        self.record.asn.get()
    }

    /// Name of the AS's holder.
    pub fn name(&self) -> &'a str {
        self.view.string(self.record.name).unwrap_or_default()
    }

    /// What it sells, where that can be told.
    pub fn kind(&self) -> Option<OperatorKind> {
        OperatorKind::from_number(self.record.kind)
    }
}

/// A source that a file was built from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    view: &'a View<'a>,
    record: &'a SourceRecord,
}

impl<'a> Source<'a> {
    pub(crate) fn new(view: &'a View<'a>, record: &'a SourceRecord) -> Source<'a> {
        Source { view, record }
    }

    /// Short name, as answers show it: `ip-asn`.
    pub fn name(&self) -> &'a str {
        self.view.string(self.record.name).unwrap_or_default()
    }

    /// Title for people.
    pub fn title(&self) -> Option<&'a str> {
        self.view.string(self.record.title)
    }

    /// Licence.
    pub fn licence(&self) -> Option<&'a str> {
        self.view.string(self.record.licence)
    }

    /// Whom the licence wants named.
    pub fn attribution(&self) -> Option<&'a str> {
        self.view.string(self.record.attribution)
    }

    /// Where the source is described.
    pub fn url(&self) -> Option<&'a str> {
        self.view.string(self.record.url)
    }

    /// Date of the data, as `2026-06-17`.
    pub fn date(&self) -> Option<&'a str> {
        self.view.string(self.record.date)
    }

    /// Rows that were used.
    pub fn rows(&self) -> u64 {
        self.record.rows.get()
    }
}
