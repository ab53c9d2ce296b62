//! A list of domains in JSON, element by element.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::{Counts, ImportError, Input, Kind, Progress, Refusal, Row, text};
use crate::import::input::Told;

/// The longest element, in bytes. Real ones have some hundred.
const LONGEST_ELEMENT: u64 = 64 * 1024;

const TOO_LONG: &str = "an element is longer than 64 KiB";

/// Calls `each` with every domain. In counts, a row is an element, and its line the one that it
/// ends on.
pub(super) fn read(
    path: &Path,
    kind: Kind,
    progress: &mut dyn Progress,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Counts, ImportError> {
    let input = Input::open(path)?;
    let told = Told::begin(&input, progress);
    let place = Rc::new(Place { line: Cell::new(1), left: Cell::new(LONGEST_ELEMENT) });
    let reader = Counting { inner: input.reader, place: place.clone() };
    let mut counts = Counts::default();
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let elements = Elements { kind, counts: &mut counts, place, told, each };
    deserializer.deserialize_seq(elements).and_then(|()| deserializer.end()).map_err(|error| {
        let line = error.line();
        if error.is_io() {
            return ImportError::Io { path: path.into(), source: error.into() };
        }
        let what = if error.is_eof() { "it is cut off" } else { "it is no JSON array of objects" };
        ImportError::file(path, format!("cannot be read, at line {line}: {what}"))
    })?;
    Ok(counts)
}

struct Elements<'a, 'p> {
    kind: Kind,
    counts: &'a mut Counts,
    place: Rc<Place>,
    told: Told<'p>,
    each: &'a mut dyn FnMut(Row<'_>),
}

#[derive(Deserialize)]
struct Element {
    name: Option<serde_json::Value>,
    domains: Option<serde_json::Value>,
    alpha_two_code: Option<serde_json::Value>,
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array")
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut elements: S) -> Result<(), S::Error> {
        while let Some(element) = elements.next_element::<Element>()? {
            self.place.left.set(LONGEST_ELEMENT);
            let outcome = said(&element, self.kind, self.each);
            self.counts.row(self.place.line.get(), outcome);
            self.told.tell();
        }
        Ok(())
    }
}

fn said(element: &Element, kind: Kind, each: &mut dyn FnMut(Row<'_>)) -> Result<bool, Refusal> {
    let text = |value: &Option<serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => Ok(String::new()),
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(_) => Err("a name or country is no text"),
    };
    let (name, country) = (text(&element.name)?, text(&element.alpha_two_code)?);
    let name = text::text(name.as_bytes())?;
    let country = text::country(country.as_bytes())?;
    let Some(serde_json::Value::Array(domains)) = &element.domains else {
        return Err("an element has no list of domains");
    };
    let domain = |value: &serde_json::Value| value.as_str().and_then(text::domain).ok_or("a domain is none");
    let domains = domains.iter().map(domain).collect::<Result<Vec<String>, Refusal>>()?;
    for domain in &domains {
        each(Row::ListedDomain { domain, name, country, kind });
    }
    Ok(!domains.is_empty())
}

/// Where the reading is.
struct Place {
    line: Cell<u64>,
    /// How many more bytes the element may have.
    left: Cell<u64>,
}

/// Counts lines, and bounds what one element takes.
struct Counting<R> {
    inner: R,
    place: Rc<Place>,
}

impl<R: Read> Read for Counting<R> {
    /// The parser reads byte by byte, so the place is exact.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let lines = memchr::memchr_iter(b'\n', &buffer[..count]).count();
        self.place.line.set(self.place.line.get() + lines as u64);
        let left = self.place.left.get().checked_sub(count as u64);
        self.place.left.set(left.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, TOO_LONG))?);
        Ok(count)
    }
}
