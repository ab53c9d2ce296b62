//! What a webhook's request carries: the headers of Standard Webhooks (<https://www.standardwebhooks.com>), version 1.
//!
//! ```text
//! webhook-id         msg_…: the delivery, the same over all attempts: the receiver's key against doing things twice
//! webhook-timestamp  seconds since 1970 of this attempt
//! webhook-signature  v1,base64(HMAC-SHA256(key, id "." timestamp "." body))
//! ```

use std::fmt;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How a key is written: this, and base64 of it.
const PREFIX: &str = "whsec_";

/// The key of signatures: 24 to 64 bytes. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A key that cannot be read; never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is \"whsec_\" and base64 of 24 to 64 random bytes")]
pub struct SecretError;

impl Secret {
    /// Reads `whsec_` and base64.
    pub fn parse(text: &str) -> Result<Secret, SecretError> {
        let base64 = text.strip_prefix(PREFIX).ok_or(SecretError)?;
        let key = Base64::decode_vec(base64).map_err(|_| SecretError)?;
        if (24..=64).contains(&key.len()) { Ok(Secret(key)) } else { Err(SecretError) }
    }

    /// The header `webhook-signature` for an attempt at `timestamp`, in seconds since 1970.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification's own libraries.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_none_is_shown() {
        for text in [
            "",
            "whsec_",
            "whsec_MfKQ9r8G",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        ] {
            assert_eq!(Secret::parse(text).err(), Some(SecretError), "{text}");
        }
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
