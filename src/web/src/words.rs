//! The texts of the pages in four languages. Each page has a file here; a text that lacks a language does not compile.

pub(crate) mod account;
pub(crate) mod companies;
pub(crate) mod data;
pub(crate) mod filtered;
pub(crate) mod layout;
pub(crate) mod live;
pub(crate) mod objection;
pub(crate) mod objections;
pub(crate) mod overview;
pub(crate) mod period;
pub(crate) mod segments;
pub(crate) mod settings;

use hyper::HeaderMap;
use hyper::header::ACCEPT_LANGUAGE;

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Dutch,
    French,
}

impl Language {
    pub(crate) const ALL: [Language; 4] =
        [Language::English, Language::German, Language::Dutch, Language::French];

    /// For `lang` and the store: ISO 639-1.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::Dutch => "nl",
            Language::French => "fr",
        }
    }

    /// In itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::German => "Deutsch",
            Language::Dutch => "Nederlands",
            Language::French => "Français",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The one that the browser likes best of those that there are; English where it likes none.
    pub(crate) fn of(headers: &HeaderMap) -> Language {
        let lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
        let mut best = (0.0, Language::English);
        for range in lines.flat_map(|line| line.split(',')) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(Some(1.0), |text| text.parse::<f32>().ok());
            let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
            let (Some(quality), Some(language)) = (quality, Language::from_code(&primary)) else { continue };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }
}

/// A struct of texts: `key: English, German, Dutch, French;`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($key:ident: $en:literal, $de:literal, $nl:literal, $fr:literal;)* }) => {
        $(#[$meta])*
        pub(crate) struct $name { $(pub(crate) $key: &'static str,)* }

        impl $name {
            pub(crate) const fn of(language: $crate::words::Language) -> &'static $name {
                static ENGLISH: $name = $name { $($key: $en,)* };
                static GERMAN: $name = $name { $($key: $de,)* };
                static DUTCH: $name = $name { $($key: $nl,)* };
                static FRENCH: $name = $name { $($key: $fr,)* };
                match language {
                    $crate::words::Language::English => &ENGLISH,
                    $crate::words::Language::German => &GERMAN,
                    $crate::words::Language::Dutch => &DUTCH,
                    $crate::words::Language::French => &FRENCH,
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_favourite_of_ours_is_taken() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("da, en-gb;q=0.8, nl;q=0.9", Language::Dutch),
            ("FR", Language::French),
            ("ja", Language::English),
            ("de;q=0, en;q=0.1", Language::English),
            ("de;q=x, nl;q=0.2", Language::Dutch),
            ("", Language::English),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, header.parse().unwrap())]);
            assert_eq!(Language::of(&headers), expected, "{header}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
    }
}
