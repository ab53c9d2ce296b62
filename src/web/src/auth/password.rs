//! Passwords: argon2id, with the parameters that OWASP's sheet on storing passwords names first (19 MiB, two passes).

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// Characters that a password has at least. No other rule: length is what helps (NIST SP 800-63B).
pub const SHORTEST_PASSWORD: usize = 12;

/// Bytes that one may have, so that hashing it is bounded.
pub const LONGEST_PASSWORD: usize = 1024;

/// A password that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too short.
    #[error("a password has at least {SHORTEST_PASSWORD} characters")]
    TooShort,
    /// Too long.
    #[error("a password has at most {LONGEST_PASSWORD} bytes")]
    TooLong,
    /// The system has no random numbers, or no memory.
    #[error("hashing the password failed; has the system memory and random numbers?")]
    Failed,
}

/// The hash of a new password as a PHC string. Takes some 20 ms and 19 MiB.
pub(crate) fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError::Failed)?;
    Ok(hash.to_string())
}

/// Whether it is the password. Where there is no such user (`None`), takes as long and says no.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> bool {
    // Of no password: the text is random, and forgotten.
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_of_nobody().unwrap_or_default());
    if password.len() > LONGEST_PASSWORD {
        return false;
    }
    let text = hash.unwrap_or(&NOBODY);
    let Ok(parsed) = PasswordHash::new(text) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

fn hash_of_nobody() -> Result<String, PasswordError> {
    hash(&super::token::Token::random().text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(!stored.contains("correct"));
        assert_ne!(stored, hash("correct horse battery").unwrap(), "each has a salt of its own");
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterz", Some(&stored)));
        assert!(!verify("", Some(&stored)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("correct horse battery", Some("no hash")));
    }

    #[test]
    fn short_and_endless_ones_are_refused() {
        assert_eq!(hash("elf zeichen"), Err(PasswordError::TooShort));
        assert!(hash("zwölf zeiche").is_ok(), "characters count, not bytes");
        assert_eq!(hash(&"x".repeat(1025)), Err(PasswordError::TooLong));
        assert!(!verify(&"x".repeat(1 << 20), None));
    }
}
