//! Secrets of 256 random bits: sessions, form tokens and keys. The store has their SHA-256 alone: it is as hard to guess
//! as they are, so no slow hash is needed.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of a secret.
const BYTES: usize = 32;

/// What keys begin with, so that a leaked one is found and known for what it is.
pub(crate) const KEY_PREFIX: &str = "npk_";

/// A secret that its owner has and shows with each request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; BYTES]);

/// Says nothing of it.
impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(..)")
    }
}

impl Token {
    /// From the system's generator. Panics if that fails, which it does not once the system has started.
    pub(crate) fn random() -> Token {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).expect("the system's random numbers");
        Token(bytes)
    }

    /// What [`text`](Token::text) gave.
    pub(crate) fn parse(text: &str) -> Option<Token> {
        let mut bytes = [0; BYTES];
        let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
        (decoded.len() == BYTES).then_some(Token(bytes))
    }

    /// 43 characters of base64url.
    pub(crate) fn text(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// What the store has of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The token for forms that belongs to this cookie. Who has it cannot compute the cookie, and who has neither cannot
    /// compute it.
    pub(crate) fn csrf(&self) -> String {
        let digest = Sha256::new().chain_update(b"nameplate form\0").chain_update(self.0).finalize();
        Base64UrlUnpadded::encode_string(&digest)
    }

    /// Whether that is the token for forms of this cookie, in a time that says nothing.
    pub(crate) fn has_csrf(&self, sent: &str) -> bool {
        self.csrf().as_bytes().ct_eq(sent.as_bytes()).into()
    }
}

/// The secret of a key as its owner writes it: the prefix, then 43 characters.
pub(crate) fn key_text(token: &Token) -> String {
    format!("{KEY_PREFIX}{}", token.text())
}

/// What [`key_text`] gave.
pub(crate) fn parse_key(text: &str) -> Option<Token> {
    Token::parse(text.strip_prefix(KEY_PREFIX)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is() {
        let token = Token::random();
        assert_ne!(token, Token::random());
        assert_eq!(Token::parse(&token.text()), Some(token.clone()));
        assert_eq!(parse_key(&key_text(&token)), Some(token.clone()));
        for bad in
            ["", "a", &token.text()[1..], &format!("{}A", token.text()), &"=".repeat(43), &"é".repeat(22)]
        {
            assert_eq!(Token::parse(bad), None);
        }
        assert_eq!(parse_key(&token.text()), None);
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn a_token_for_forms_belongs_to_one_cookie() {
        let (one, other) = (Token::random(), Token::random());
        assert!(one.has_csrf(&one.csrf()));
        assert!(!one.has_csrf(&other.csrf()));
        assert!(!one.has_csrf(&one.text()));
        assert!(!one.has_csrf(""));
    }
}
