//! Text of others made inert for messages that people read. Company names, titles and paths are what strangers wrote: a
//! form's domain, a page's title that a visitor's link carries.

/// Characters of a text that are kept; the rest is an ellipsis.
pub(crate) const LONGEST: usize = 200;

/// One line without controls and without marks that turn or hide text, of at most `longest` characters.
pub(crate) fn line(text: &str, longest: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(longest * 4));
    let mut count = 0;
    for character in text.chars() {
        let character = match character {
            _ if hides(character) => continue,
            _ if character.is_whitespace() || character.is_control() => ' ',
            other => other,
        };
        if character == ' ' && (clean.is_empty() || clean.ends_with(' ')) {
            continue;
        }
        if count == longest {
            clean.push('…');
            return clean;
        }
        clean.push(character);
        count += 1;
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Marks of direction (CVE-2021-42574), characters without width, tags, and the soft hyphen.
fn hides(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A line in which no program finds a link, an address of mail or a mention: what makes one is followed by a word joiner,
/// which has no width. It is put behind `@`, `#` and `:` where no space follows, and behind a dot that is followed by a letter or digit.
pub(crate) fn unlinked(text: &str) -> String {
    const JOINER: char = '\u{2060}';
    let clean = line(text, LONGEST);
    let mut inert = String::with_capacity(clean.len() + 16);
    let mut characters = clean.chars().peekable();
    while let Some(character) = characters.next() {
        inert.push(character);
        let breaks = match character {
            '@' | '#' | ':' | '＠' | '＃' | '：' => characters.peek().is_some_and(|next| *next != ' '),
            '.' | '。' | '．' | '｡' => characters.peek().is_some_and(|next| next.is_alphanumeric()),
            _ => false,
        };
        if breaks {
            inert.push(JOINER);
        }
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_controls_no_hidden_marks_and_an_end() {
        assert_eq!(line("a\r\nBcc: x\0y\tz", 99), "a Bcc: x y z");
        assert_eq!(line("\u{202e}evil\u{2066}\u{200b}\u{feff}", 99), "evil");
        assert_eq!(line("  a \u{2028} b\u{85} ", 99), "a b");
        assert_eq!(line("ééééé", 3), "ééé…");
        assert_eq!(line(&"x".repeat(1_000_000), 200).chars().count(), 201);
        assert_eq!(line("", 9), "");
    }

    #[test]
    fn nothing_is_left_to_click_or_to_call() {
        assert_eq!(unlinked("https://evil.example/x"), "https:\u{2060}//evil.\u{2060}example/x");
        assert_eq!(
            unlinked("a@b.example @channel #all"),
            "a@\u{2060}b.\u{2060}example @\u{2060}channel #\u{2060}all"
        );
        assert_eq!(unlinked("Example Inc. GmbH."), "Example Inc. GmbH.");
    }
}
