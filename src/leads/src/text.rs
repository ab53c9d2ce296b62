//! Text that strangers sent, made fit to be kept and shown: no control characters, nothing invisible, nothing that turns
//! the direction of what stands beside it, and never longer than it may be.
//!
//! What a text means elsewhere (HTML, CSV, SQL) is the business of whoever writes it there: nothing is escaped here.

use nameplate::Address;

/// What takes the place of an address or an e-mail address.
pub const WITHHELD: &str = "[withheld]";

/// The text in one line, without what cannot be seen, at most `most` characters long. White space and separators become
/// single spaces, none of them at an end. O(bytes); reads no further than it keeps.
///
/// ```
/// use nameplate_leads::text::clean;
///
/// assert_eq!(clean(" Prices\t \u{202e}2026\u{200b} \0", 100), "Prices 2026");
/// assert_eq!(clean("Prices 2026", 6), "Prices");
/// ```
pub fn clean(text: &str, most: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(most.saturating_mul(4)));
    let mut characters = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            space = characters > 0;
            continue;
        }
        if is_invisible(character) {
            continue;
        }
        let more = 1 + usize::from(space);
        if characters + more > most {
            break;
        }
        if space {
            kept.push(' ');
        }
        kept.push(character);
        characters += more;
        space = false;
    }
    kept
}

/// Control characters, format characters of Unicode that have no shape (general category Cf), and what is no character.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

/// The text with [`WITHHELD`] in place of every e-mail address, and of `address` however it is written: pages greet
/// people with them. `%40` and `%3A`, which paths have for `@` and `:`, count as these. O(bytes).
pub fn withhold(text: String, address: Address) -> String {
    let has_number =
        text.bytes().filter(|byte| matches!(byte, b'.' | b':')).count() >= 2 || text.contains("%3");
    let has_name = text.contains('@') || text.contains("%40");
    if !has_number && !has_name {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|character: char| !may_be_in_address(character)) {
        let end =
            piece.chars().next_back().filter(|last| !may_be_in_address(*last)).map_or(0, char::len_utf8);
        let (word, end) = piece.split_at(piece.len() - end);
        if is_mail_address(word) || names(word, address) {
            kept.push_str(WITHHELD);
        } else {
            kept.push_str(word);
        }
        kept.push_str(end);
    }
    kept
}

/// What e-mail addresses and numbers of addresses are made of, and the separators at which paths and sentences part.
fn may_be_in_address(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | ':' | '@' | '%' | '+' | '-' | '_')
}

fn is_mail_address(word: &str) -> bool {
    let at = word.find('@').map(|at| (at, 1)).or_else(|| word.find("%40").map(|at| (at, 3)));
    at.is_some_and(|(at, width)| at > 0 && word.len() > at + width)
}

/// Whether part of a word is the address: with a port, a dot behind it, or letters around it.
fn names(word: &str, address: Address) -> bool {
    let decoded = if word.contains('%') {
        word.replace("%3A", ":").replace("%3a", ":").replace("%2E", ".").replace("%2e", ".")
    } else {
        word.to_owned()
    };
    let decoded = zeroize::Zeroizing::new(decoded);
    let is = |text: &str| Address::parse(text.as_bytes()) == Ok(address);
    let of_number = |character: char| character.is_ascii_hexdigit() || matches!(character, '.' | ':');
    decoded.split(|character| !of_number(character)).any(|part| {
        let part = part.trim_matches('.');
        is(part)
            || is(part.trim_matches(':'))
            || part.rsplit_once(':').is_some_and(|(before, _)| is(before))
            // In letters that are hexadecimal digits too.
            || part.split(|character: char| character.is_ascii_alphabetic() || character == ':').any(|part| is(part.trim_matches('.')))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V4: &str = "203.0.113.77";
    const V6: &str = "2001:db8::77";

    fn parse(text: &str) -> Address {
        Address::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        for (text, expected) in [
            ("", ""),
            (" \n\u{a0}\u{2028} ", ""),
            ("a\u{0}b\u{7f}c\u{9b}d", "abcd"),
            ("a\u{2028}b\r\nc", "a b c"),
            ("\u{202e}gpj.exe\u{2066}", "gpj.exe"),
            ("pay\u{200b}pal\u{feff}\u{ad}", "paypal"),
            ("tag\u{e0041}\u{e007f}", "tag"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("Größe 10 µm, 価格", "Größe 10 µm, 価格"),
        ] {
            assert_eq!(clean(text, 100), expected, "{text:?}");
        }
    }

    #[test]
    fn the_visitors_address_is_withheld_however_it_is_written() {
        for (text, expected) in [
            ("Your IP is 203.0.113.77.", "Your IP is [withheld]"),
            ("/whois/203.0.113.77/raw", "/whois/[withheld]/raw"),
            ("/whois/::ffff:203.0.113.77", "/whois/[withheld]"),
            ("/x%3A203.0.113.77%3A443", "/[withheld]"),
            ("ip203.0.113.77abc", "[withheld]"),
            ("203.0.113.77:443 203.0.113.78", "[withheld] 203.0.113.78"),
            ("/docs/1.2.3.4/", "/docs/1.2.3.4/"),
        ] {
            assert_eq!(withhold(text.into(), parse(V4)), expected, "{text:?}");
        }
        for text in ["x 2001:db8::77 y", "x 2001:0DB8:0:0:0:0:0:77 y", "x 2001%3Adb8%3A%3A77 y"] {
            assert_eq!(withhold(text.into(), parse(V6)), "x [withheld] y", "{text:?}");
        }
    }

    #[test]
    fn mail_addresses_are_withheld() {
        for (text, expected) in [
            ("/unsubscribe/anna.b+c@example.com", "/unsubscribe/[withheld]"),
            ("/u/anna%40example.com?", "/u/[withheld]?"),
            ("Hello anna@example.com!", "Hello [withheld]!"),
            ("5 @ 10", "5 @ 10"),
            ("@example", "@example"),
        ] {
            assert_eq!(withhold(text.into(), parse(V4)), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_short_visible_and_cleaned_once(text in any::<String>(), most in 0..40_usize) {
            let kept = clean(&text, most);
            prop_assert!(kept.chars().count() <= most);
            prop_assert!(!kept.chars().any(|character| is_invisible(character) || (character.is_whitespace() && character != ' ')));
            prop_assert_eq!(clean(&kept, most), kept.trim_end());
        }

        #[test]
        fn no_words_around_an_address_hide_it(before in "[ -~]{0,12}", bits in any::<u32>(), after in "[g-z/ ][ -~]{0,12}") {
            let written = std::net::Ipv4Addr::from_bits(bits).to_string();
            let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            let kept = withhold(format!("{before}{written}{after}"), Address::V4(bits));
            prop_assert!(!kept.contains(&written), "{}", kept);
        }
    }
}
