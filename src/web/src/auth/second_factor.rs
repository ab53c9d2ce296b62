//! The second factor: six digits that change every 30 seconds (TOTP, RFC 6238), as every authenticator app has them.

use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use totp_rs::{Builder, Secret, Totp};

/// Bytes of a secret: those of SHA-1's output (RFC 4226, section 4).
const SECRET_BYTES: usize = 20;

/// A new secret.
pub(crate) fn new_secret() -> Vec<u8> {
    let mut secret = vec![0; SECRET_BYTES];
    getrandom::fill(&mut secret).expect("the system's random numbers");
    secret
}

fn totp(secret: &[u8], user: &str) -> Option<Totp> {
    // Of a user's name a colon would end the issuer; names have none.
    Builder::new()
        .with_secret(Secret::from(secret))
        .with_issuer(Some("nameplate"))
        .with_account_name(user)
        .with_skew(1)
        .build()
        .ok()
}

/// The step of 30 seconds that the digits belong to: this one, or a neighbour, for clocks differ. A step may be
/// used once, so the caller asks the store whether it is a new one.
pub(crate) fn step(secret: &[u8], digits: &str, unix_seconds: u64) -> Option<u64> {
    let digits: String = digits.chars().filter(|digit| !digit.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    totp(secret, "nobody")?.check(&digits, unix_seconds)
}

/// What an enrolment page shows.
pub(crate) struct Enrolment {
    /// To be scanned: an SVG without style or script.
    pub(crate) qr: String,
    /// To be typed: base32 in groups of four.
    pub(crate) secret: String,
    /// To be opened on a phone.
    pub(crate) url: String,
}

/// How to take over the secret.
pub(crate) fn enrolment(secret: &[u8], user: &str) -> Option<Enrolment> {
    let totp = totp(secret, user)?;
    let url = totp.to_url().ok()?;
    let code = QRBuilder::new(url.as_str()).build().ok()?;
    let base32 = Secret::from(secret).to_base32();
    let groups: Vec<&str> =
        base32.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    Some(Enrolment { qr: SvgBuilder::default().to_str(&code), secret: groups.join(" "), url })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn digits_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        assert_eq!(step(secret, "287082", 59), Some(1));
        assert_eq!(step(secret, "28 70 82", 59), Some(1), "as people type it");
        assert_eq!(step(secret, "287082", 89), Some(1), "the clock is a step behind");
        assert_eq!(step(secret, "287082", 29), Some(1), "or before");
        assert_eq!(step(secret, "287082", 90), None);
        assert_eq!(step(secret, "081804", 1_111_111_109), Some(1_111_111_109 / 30));
        for bad in ["", "28708", "2870820", "٢٨٧٠٨٢", "28708a", "-28708"] {
            assert_eq!(step(secret, bad, 59), None, "{bad:?}");
        }
    }

    #[test]
    fn an_enrolment_has_the_secret_in_three_forms() {
        let secret = new_secret();
        assert_ne!(secret, new_secret());
        let enrolment = enrolment(&secret, "anna").unwrap();
        let base32 = enrolment.secret.replace(' ', "");
        assert_eq!(Secret::try_from_base32(&base32).unwrap().as_ref(), secret);
        assert!(enrolment.url.starts_with("otpauth://totp/nameplate:anna?"), "{}", enrolment.url);
        assert!(enrolment.url.contains(&base32));
        assert!(enrolment.qr.starts_with("<svg") && !enrolment.qr.contains("style"), "{}", enrolment.qr);
    }
}
