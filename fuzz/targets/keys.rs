//! Any text as a key: what is taken is written and read again as the same key, and signs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nameplate::{Database, PublicKey, SecretKey, Writer};

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<PublicKey>() {
        assert_eq!(key.to_string().parse(), Ok(key));
    }
    if let Ok(secret) = text.parse::<SecretKey>() {
        let public = secret.public_key();
        assert_eq!(secret.public_key_file().parse(), Ok(public));
        let mut writer = Writer::new();
        writer.sign(secret);
        let mut file = Vec::new();
        writer.finish(&mut file).expect("an empty file");
        let database = Database::from_bytes(&file).expect("what was written opens");
        assert_eq!(database.verify_signature(&public), Ok(()));
    }
});
