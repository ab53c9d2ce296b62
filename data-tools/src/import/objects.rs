//! Objects of `name: value` lines, parted by empty lines: what RPSL dumps and ARIN's bulk whois
//! have in common. Only the attributes that an importer asks for are kept, of the classes that it
//! asks for; the contact data around them are never copied.

use std::ops::Range;

use super::input::Input;
use super::lines::{Line, Lines, TOO_LONG};
use super::text::Refusal;
use super::{Counts, ImportError};
use crate::Progress;

/// What is kept of one object, in bytes.
const LONGEST_OBJECT: usize = 64 * 1024;

/// How objects are written, and what of them is wanted.
pub(super) struct Grammar {
    /// Whether `#` begins a comment within a value.
    pub(super) comments: bool,
    /// Whether a line that begins with a space, a tab or `+` continues the value before it.
    pub(super) continuations: bool,
    /// Classes whose attributes are wanted. A class is the name of an object's first attribute.
    pub(super) read: &'static [&'static str],
    /// Classes that are known and say nothing here.
    pub(super) ignored: &'static [&'static str],
    /// Attributes that are wanted beside the first. Names are compared without case.
    pub(super) attributes: &'static [&'static str],
}

/// A stream's objects.
pub(super) struct Objects<'a> {
    lines: Lines<'a>,
    grammar: &'static Grammar,
    object: Object,
}

/// One object of a class that is read.
pub(super) struct Object {
    grammar: &'static Grammar,
    class: Class,
    /// Values of the first attribute and of the wanted ones, one after another, with single spaces.
    text: Vec<u8>,
    /// Which attribute each value is of, and where it is; the first value is the first attribute's.
    values: Vec<(usize, Range<usize>)>,
    /// Whether a continuation line would continue the last of them.
    continues: bool,
    /// Line of its beginning, from 1.
    line: u64,
    fault: Option<Refusal>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The object has no line yet.
    None,
    Read(&'static str),
    Ignored,
}

impl Object {
    /// The name of its first attribute, as the grammar writes it.
    pub(super) fn class(&self) -> &'static str {
        if let Class::Read(class) = self.class { class } else { "" }
    }

    /// The value of its first attribute.
    pub(super) fn key(&self) -> &[u8] {
        self.values.first().map_or(&[], |(_, place)| &self.text[place.clone()])
    }

    /// The values of an attribute that are not empty, in order.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let values = self.values.iter().skip(1);
        values
            .filter(move |(attribute, _)| self.grammar.attributes[*attribute] == name)
            .map(|(_, place)| &self.text[place.clone()])
            .filter(|value| !value.is_empty())
    }

    /// The first of them, or nothing.
    pub(super) fn get(&self, name: &'static str) -> &[u8] {
        self.all(name).next().unwrap_or_default()
    }

    fn clear(&mut self) {
        self.class = Class::None;
        self.text.clear();
        self.values.clear();
        self.continues = false;
        self.fault = None;
    }

    /// Takes a line without its end.
    fn take(&mut self, line: &[u8], number: u64) {
        if self.class == Class::None {
            self.line = number;
        }
        if self.grammar.continuations && matches!(line[0], b' ' | b'\t' | b'+') {
            match self.class {
                Class::None => self.refuse("an object begins with a continuation line"),
                _ if self.continues => self.append(&line[1..]),
                _ => {}
            }
            return;
        }
        if self.class == Class::Ignored {
            return;
        }
        self.continues = false;
        let Some((name, value)) = split(line) else {
            return self.refuse("a line is no attribute: it has no name and colon");
        };
        let attribute = if self.class == Class::None {
            self.class = self.class_of(name);
            if self.class == Class::Ignored {
                return;
            }
            0
        } else {
            let Some(attribute) = position(self.grammar.attributes, name) else { return };
            attribute
        };
        self.values.push((attribute, self.text.len()..self.text.len()));
        self.continues = true;
        self.append(value);
    }

    fn class_of(&mut self, name: &[u8]) -> Class {
        if let Some(class) = position(self.grammar.read, name) {
            return Class::Read(self.grammar.read[class]);
        }
        // A registry marks what it deleted or hides by a star.
        if !name.starts_with(b"*") && position(self.grammar.ignored, name).is_none() {
            self.refuse("an object's first attribute is of no known class");
        }
        Class::Ignored
    }

    /// Appends to the last value: without comments, and runs of spaces and tabs as one space.
    fn append(&mut self, value: &[u8]) {
        let comment = self.grammar.comments.then(|| memchr::memchr(b'#', value)).flatten();
        let value = &value[..comment.unwrap_or(value.len())];
        let (_, place) = self.values.last_mut().expect("a value was begun");
        for word in value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()) {
            if self.text.len() > place.start {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(word);
        }
        place.end = self.text.len();
        if self.text.len() > LONGEST_OBJECT || self.values.len() > LONGEST_OBJECT / 64 {
            self.text.clear();
            self.values.clear();
            self.refuse("an object is longer than 64 KiB or 1024 attributes");
        }
    }

    /// Marks the object as refused, for the first reason there is; the rest of it is passed over.
    fn refuse(&mut self, reason: Refusal) {
        self.fault.get_or_insert(reason);
        self.class = Class::Ignored;
        self.continues = false;
    }
}

impl<'a> Objects<'a> {
    pub(super) fn new(
        input: Input,
        progress: &'a mut dyn Progress,
        grammar: &'static Grammar,
    ) -> Objects<'a> {
        let object = Object {
            grammar,
            class: Class::None,
            text: Vec::new(),
            values: Vec::new(),
            continues: false,
            line: 0,
            fault: None,
        };
        Objects { lines: Lines::new(input, progress), grammar, object }
    }

    /// Calls `each` with every object of a class that is read: whether it was used, or why it is
    /// refused. Counts all objects, whatever their class.
    pub(super) fn for_each(
        mut self,
        mut each: impl FnMut(&Object) -> Result<bool, Refusal>,
    ) -> Result<Counts, ImportError> {
        let mut counts = Counts::default();
        while self.next()? {
            let said = match (self.object.fault, self.object.class) {
                (Some(reason), _) => Err(reason),
                (None, Class::Read(_)) => each(&self.object),
                (None, _) => Ok(false),
            };
            match said {
                Ok(used) => {
                    counts.rows += 1;
                    counts.used += u64::from(used);
                }
                Err(reason) => counts.refuse(self.object.line, reason),
            }
        }
        Ok(counts)
    }

    /// Reads the next object; false at the end.
    fn next(&mut self) -> Result<bool, ImportError> {
        let object = &mut self.object;
        object.clear();
        let begun = |object: &Object| object.class != Class::None;
        loop {
            let number = self.lines.number() + 1;
            let line = match self.lines.next()? {
                None => return Ok(begun(object)),
                Some(Line::TooLong) => {
                    if !begun(object) {
                        object.line = number;
                    }
                    object.refuse(TOO_LONG);
                    continue;
                }
                Some(Line::Bytes(line)) => line,
            };
            let whole = line.ends_with(b"\n");
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match line.first() {
                None if begun(object) => return Ok(true),
                // What the server says between and within objects.
                None | Some(b'%' | b'#') => {}
                // Emptied lines with spaces left, where nothing could be continued.
                Some(_) if !begun(object) && line.iter().all(u8::is_ascii_whitespace) => {}
                Some(_) if !self.grammar.continuations && line.iter().all(u8::is_ascii_whitespace) => {
                    return Ok(true);
                }
                Some(_) => {
                    object.take(line, number);
                    if !whole {
                        object.refuse("the file ends within a line");
                    }
                }
            }
        }
    }
}

/// `name: value`; spaces before the colon are let pass.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*' | b'/');
    (!name.is_empty() && name.iter().all(named)).then(|| (name, &line[colon + 1..]))
}

fn position(names: &[&str], name: &[u8]) -> Option<usize> {
    names.iter().position(|own| own.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    static RPSL: Grammar = Grammar {
        comments: true,
        continuations: true,
        read: &["inetnum"],
        ignored: &["person"],
        attributes: &["descr", "country"],
    };
    static PLAIN: Grammar = Grammar { comments: false, continuations: false, ..RPSL };

    /// `key|descr|descr|…` of each object read, and the counts.
    fn read(grammar: &'static Grammar, bytes: &[u8]) -> (Vec<String>, Counts) {
        let (_folder, path) = file(bytes);
        let mut objects = Vec::new();
        let mut progress = ();
        let reader = Objects::new(Input::open(&path).unwrap(), &mut progress, grammar);
        let counts = reader
            .for_each(|object| {
                let values = std::iter::once(object.key()).chain(object.all("descr"));
                objects.push(values.map(String::from_utf8_lossy).collect::<Vec<_>>().join("|"));
                Ok(true)
            })
            .unwrap();
        (objects, counts)
    }

    fn reasons(counts: &Counts) -> Vec<(&'static str, u64, u64)> {
        counts.refused.iter().map(|(reason, refused)| (*reason, refused.count, refused.first_line)).collect()
    }

    #[test]
    fn continuation_lines_join_with_one_space() {
        let text = "inetnum: 1 #no\n+ 2\ndescr:\ta  b\n \tc # d\n\n+\n\te\ndescr: f\n+\n  g\n\n";
        let (objects, counts) = read(&RPSL, text.as_bytes());
        // The empty line ended the first object; what follows it continues nothing.
        assert_eq!(objects, ["1 2|a b c"]);
        assert_eq!(reasons(&counts), [("an object begins with a continuation line", 1, 6)]);
        assert_eq!(counts.rows, 2);
    }

    #[test]
    fn names_have_no_case_and_lines_may_end_in_carriage_returns() {
        let (objects, counts) = read(&RPSL, b"INETNUM : 1\r\nDescr: a\r\n\r\n\r\ninetnum: 2\r\n");
        assert_eq!(objects, ["1|a", "2"]);
        assert_eq!((counts.rows, counts.used), (2, 2));
    }

    #[test]
    fn server_comments_are_no_part_of_an_object() {
        let text = "% terms\n#\n\ninetnum: 1\n% Tags relating to it\ndescr: a\n# more\n descr: b\n\n% end\n";
        let (objects, counts) = read(&RPSL, text.as_bytes());
        // A continuation line goes on with the last attribute, whatever it looks like.
        assert_eq!(objects, ["1|a descr: b"]);
        assert_eq!(counts.rows, 1);
    }

    #[test]
    fn ignored_and_deleted_objects_are_read_and_say_nothing() {
        let text = "person: Maria Beispiel\naddress\n\n*xxte: 1\ndescr: x\n\ninetnum: 1\n*xx: y\n\n";
        let (objects, counts) = read(&RPSL, text.as_bytes());
        assert_eq!(objects, ["1"]);
        assert_eq!((counts.rows, counts.used, counts.refused_rows()), (3, 1, 0));
    }

    #[test]
    fn what_is_no_object_is_refused_as_a_whole() {
        let huge = format!("inetnum: 1\nremarks: {}\n\n", "x".repeat(70_000));
        let many = format!("inetnum: 1\n{}\n", "descr: abc\n".repeat(2000));
        let long = format!("inetnum: 1\ndescr: a\n{}\n", " word word word word\n".repeat(9000));
        let ended = "the file ends within a line";
        let no_attribute = "a line is no attribute: it has no name and colon";
        let no_class = "an object's first attribute is of no known class";
        let too_much = "an object is longer than 64 KiB or 1024 attributes";
        for (text, reason) in [
            ("inetnum: 1\ndescr: cut o", ended),
            ("inetnum: 1\nno colon\ndescr: a\n", no_attribute),
            ("inetnum: 1\n: no name\n", no_attribute),
            ("inetnum: 1\nna me: a\n", no_attribute),
            ("1.0.0.0,1.0.0.255,64500,Example\n", no_attribute),
            ("OrgID: EXAMPLE\n", no_class),
            (&huge, TOO_LONG),
            (&many, too_much),
            (&long, too_much),
        ] {
            let (objects, counts) = read(&RPSL, text.as_bytes());
            assert_eq!(objects, [""; 0]);
            assert_eq!(reasons(&counts), [(reason, 1, counts.refused[reason].first_line)]);
        }
    }

    #[test]
    fn a_grammar_without_continuations_and_comments_takes_lines_as_they_are() {
        let (objects, counts) = read(&PLAIN, b"inetnum: 1\ndescr: Store #4\n  \ninetnum: 2\n descr: x\n");
        assert_eq!(objects, ["1|Store #4"]);
        assert_eq!(reasons(&counts), [("a line is no attribute: it has no name and colon", 1, 4)]);
    }
}
