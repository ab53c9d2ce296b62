//! Robots by their names: user agents against a kept list (`words/crawlers.txt`, of crawler-user-agents), and what the
//! configuration adds. Services that watch whether a site is up are told apart from other robots.
//!
//! Most expressions of the list are plain text with escapes, and one automaton finds all of them in one pass; the few that
//! are more are tried together.

use aho_corasick::{AhoCorasick, MatchKind};
use regex::RegexSet;

use crate::config::BotsConfig;
use crate::model::Filtered;

const LIST: &str = include_str!("../words/crawlers.txt");

/// Bytes of a user agent that are looked at.
const MAX_BYTES: usize = 1024;

/// The list in a form that is quick to ask. 1 MB.
pub struct Robots {
    /// Of the kept list: as written.
    texts: AhoCorasick,
    text_kinds: Vec<Filtered>,
    expressions: RegexSet,
    expression_kinds: Vec<Filtered>,
    /// Of the configuration: in any case.
    added: AhoCorasick,
    added_kinds: Vec<Filtered>,
}

impl Robots {
    /// Reads the list: some 20 ms.
    pub fn new(config: &BotsConfig) -> Robots {
        let (mut texts, mut text_kinds) = (Vec::new(), Vec::new());
        let (mut expressions, mut expression_kinds) = (Vec::new(), Vec::new());
        for (kind, expression) in entries() {
            if let Some(text) = plain(expression) {
                texts.push(text);
                text_kinds.push(kind);
            } else {
                expressions.push(expression);
                expression_kinds.push(kind);
            }
        }
        let monitoring = config.monitoring.iter().map(|part| (part, Filtered::Monitoring));
        let added: Vec<_> = monitoring.chain(config.bots.iter().map(|part| (part, Filtered::Bot))).collect();
        let automaton = |parts: &mut dyn Iterator<Item = String>, any_case| {
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .ascii_case_insensitive(any_case)
                .build(parts)
                .expect("the list is far from what an automaton can hold")
        };
        Robots {
            texts: automaton(&mut texts.into_iter(), false),
            text_kinds,
            expressions: RegexSet::new(expressions).expect("a test compiles each expression of the list"),
            expression_kinds,
            added: automaton(&mut added.iter().map(|(part, _)| part.trim().to_owned()), true),
            added_kinds: added.into_iter().map(|(_, kind)| kind).collect(),
        }
    }

    /// [`Filtered::Monitoring`] or [`Filtered::Bot`] for a robot that says so; none for all others. What is both is a
    /// monitoring service. Some microseconds.
    pub fn classify(&self, user_agent: &str) -> Option<Filtered> {
        let end =
            (0..=MAX_BYTES.min(user_agent.len())).rev().find(|end| user_agent.is_char_boundary(*end))?;
        let user_agent = &user_agent[..end];
        let texts = self
            .texts
            .find_overlapping_iter(user_agent)
            .map(|found| self.text_kinds[found.pattern().as_usize()]);
        let added = self
            .added
            .find_overlapping_iter(user_agent)
            .map(|found| self.added_kinds[found.pattern().as_usize()]);
        let expressions = self
            .expressions
            .matches(user_agent)
            .into_iter()
            .map(|place| self.expression_kinds[place])
            .collect::<Vec<_>>();
        let mut found = None;
        for kind in texts.chain(added).chain(expressions) {
            if kind == Filtered::Monitoring {
                return Some(kind);
            }
            found = Some(kind);
        }
        found
    }
}

/// The list's kinds and expressions.
fn entries() -> impl Iterator<Item = (Filtered, &'static str)> {
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (kind, expression) = line.split_once('\t')?;
        Some((if kind == "monitoring" { Filtered::Monitoring } else { Filtered::Bot }, expression))
    })
}

/// The text that an expression means, where it means one text.
fn plain(expression: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = expression.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next().filter(char::is_ascii_punctuation)?),
            '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => return None,
            _ => text.push(character),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    fn robots() -> Robots {
        let bots = vec!["acme-fetcher".into()];
        let monitoring = vec!["acme-uptime".into()];
        Robots::new(&BotsConfig { bots, monitoring })
    }

    #[test]
    fn robots_and_monitoring_services_are_told_from_browsers() {
        let robots = robots();
        for (user_agent, expected) in [
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Some(Filtered::Bot)),
            ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", Some(Filtered::Bot)),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                Some(Filtered::Bot),
            ),
            ("Mozilla/5.0 (compatible; ClaudeBot/1.0)", Some(Filtered::Bot)),
            ("curl/8.5.0", Some(Filtered::Bot)),
            ("python-requests/2.32.0", Some(Filtered::Bot)),
            (
                "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
                Some(Filtered::Monitoring),
            ),
            ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", Some(Filtered::Monitoring)),
            ("ACME-Fetcher 1", Some(Filtered::Bot)),
            ("Acme-Uptime 1", Some(Filtered::Monitoring)),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                None,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
                None,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", None),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                None,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                None,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                None,
            ),
            ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18", None),
            ("", None),
        ] {
            assert_eq!(robots.classify(user_agent), expected, "{user_agent}");
        }
    }

    /// What the two automata find is what each expression finds by itself.
    #[test]
    fn each_entry_is_found_as_its_expression_alone_finds_it() {
        let robots = robots();
        assert!(entries().count() > 1000);
        let mut plain_ones = 0;
        for (kind, expression) in entries() {
            let regex = Regex::new(expression).unwrap();
            let Some(text) = plain(expression) else { continue };
            plain_ones += 1;
            assert!(regex.is_match(&text), "{expression}");
            assert!(
                !regex.is_match("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0")
            );
            let found = robots.classify(&format!("Mozilla/5.0 ({text})")).unwrap();
            assert!(found == kind || found == Filtered::Monitoring, "{expression}");
        }
        assert!(plain_ones > 1000);
    }

    #[test]
    fn a_name_without_end_is_looked_at_for_its_first_bytes() {
        let long = format!("{}Googlebot/2.1", "ä".repeat(10_000));
        assert_eq!(robots().classify(&long), None);
    }
}
