//! What a request says, read with bounds. An error says where it is wrong, never what was there.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Names with values, of a query or a form. Few, so a list does.
#[derive(Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

/// More of them no form of ours has.
const MOST_PAIRS: usize = 200;

impl Pairs {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Pairs, Problem> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if pairs.len() == MOST_PAIRS {
                return Err(Problem::invalid("too many fields"));
            }
            // What is no UTF-8 comes as U+FFFD, and NUL nobody types.
            if name.contains(['\0', '\u{FFFD}']) || value.contains(['\0', '\u{FFFD}']) {
                return Err(Problem::invalid("a field that is no text in UTF-8"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Pairs(pairs))
    }

    /// The value of a name that is there once; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value);
        let first = values.next();
        if values.next().is_some() {
            return Err(Problem::invalid("a field is there twice that can be there once"));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// All values of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The value, read.
    pub(crate) fn read<T: std::str::FromStr>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, Problem> {
        self.get(name)?.map(str::parse).transpose().map_err(|_| Problem::invalid(expected))
    }

    /// The value as one of the words of a type.
    pub(crate) fn word<T: DeserializeOwned>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, Problem> {
        let word = |text: &str| serde_json::from_value(serde_json::Value::String(text.to_owned()));
        self.get(name)?.map(word).transpose().map_err(|_| Problem::invalid(expected))
    }

    /// Refuses names that are not among these: a filter that is misspelt is not to be taken for none.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), Problem> {
        if self.0.iter().all(|(name, _)| names.contains(&&**name)) {
            return Ok(());
        }
        Err(Problem::invalid("a parameter that does not exist; see /v1/openapi.json"))
    }
}

/// A body of JSON.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        // Its own text quotes.
        let what: Cow<'static, str> = match error.classify() {
            serde_json::error::Category::Data => format!(
                "the body is not what the description in /v1/openapi.json has: line {}, column {}",
                error.line(),
                error.column()
            )
            .into(),
            _ => format!("the body is no JSON: line {}, column {}", error.line(), error.column()).into(),
        };
        Problem::new(StatusCode::BAD_REQUEST, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_there_once_and_an_empty_one_is_none() {
        let pairs = Pairs::parse(b"a=1&b=&c=x%20y&c=z&d").unwrap();
        assert_eq!(pairs.get("a").unwrap(), Some("1"));
        assert_eq!(pairs.get("b").unwrap(), None);
        assert!(pairs.get("c").is_err());
        assert_eq!(pairs.all("c").collect::<Vec<_>>(), ["x y", "z"]);
        assert_eq!(pairs.read::<u8>("a", "a number").unwrap(), Some(1));
        assert!(pairs.only(&["a", "b", "c"]).is_err());
        pairs.only(&["a", "b", "c", "d"]).unwrap();
        for bad in [&b"a=%ff"[..], b"a=%00", "a=1&".repeat(201).as_bytes()] {
            assert!(Pairs::parse(bad).is_err());
        }
    }

    #[test]
    fn errors_of_json_quote_nothing() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            #[expect(dead_code, reason = "only whether it is read matters")]
            a: u8,
        }
        for bad in [r#"{"canary-1":1}"#, r#"{"a":"canary-2"}"#, "canary-3", "{\"a\":1,\"canary\":1}", ""] {
            let problem = json::<Body>(bad.as_bytes()).unwrap_err();
            assert!(!problem.detail.contains("canary"), "{}", problem.detail);
            assert!(problem.detail.contains("line "), "{}", problem.detail);
        }
    }
}
