//! Who made a file: Ed25519 keys (RFC 8032) and the signature in a file's seal.
//!
//! Keys are kept in the two files of minisign, so that its keys can be used here and ours there:
//!
//! ```text
//! public:  untrusted comment: …              secret:  untrusted comment: …
//!          base64 of                                  base64 of
//!            "Ed"  algorithm                            "Ed" 00 00 "B2"  no password, checksum's kind
//!            8     id                                   48               salt and limits: zero
//!            32    public key                           8                id
//!                                                       32               secret: the seed
//!                                                       32               public key
//!                                                       32               checksum: zero
//! ```
//!
//! Only the keys are shared. What is signed is a range file's own seal, see docs/FORMAT.md.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::backing::open;
use crate::error::Error;

const ALGORITHM: [u8; 2] = *b"Ed";
const NO_PASSWORD: [u8; 2] = [0, 0];
const CHECKSUM_KIND: [u8; 2] = *b"B2";
const COMMENT: &str = "untrusted comment: ";

const PUBLIC_BYTES: usize = 42;
const SECRET_BYTES: usize = 158;
/// In the bytes of a secret key file.
const SECRET_ID: usize = 54;
const SECRET_SEED: usize = 62;
const SECRET_PUBLIC: usize = 94;

/// Longer files are no keys.
const LONGEST_FILE: u64 = 4096;

/// Why a text is no key. The text is not quoted: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not of the form of a public key.
    #[error(
        "not a public key: give the file that nameplate keygen or minisign made, or the key as it shows it"
    )]
    Public,
    /// Not of the form of a secret key.
    #[error("not a secret key of nameplate keygen or minisign")]
    Secret,
    /// A secret key that a password protects.
    #[error("the secret key is protected by a password; make one without, with nameplate keygen")]
    Password,
    /// The parts of a secret key contradict each other.
    #[error("the secret key is damaged: it is not that of its public key; restore it from a backup")]
    Damaged,
}

/// A key that says whether a file was made by the holder of the secret one.
///
/// As text: 64 hexadecimal digits, or base64 as minisign shows it, or minisign's file of two lines.
///
/// ```
/// use nameplate::{PublicKey, SecretKey};
///
/// let secret = SecretKey::generate()?;
/// let file = secret.public_key_file();
/// assert_eq!(file.parse::<PublicKey>()?, secret.public_key());
/// assert_eq!(secret.public_key().to_string().parse::<PublicKey>()?, secret.public_key());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a public key's file, or takes `text` for the key itself if it is one.
    pub fn open(text: &Path) -> Result<PublicKey, Error> {
        if let Some(key) = text.to_str().and_then(|text| text.parse().ok()) {
            return Ok(key);
        }
        let content = read(text).map_err(Error::io(text))?;
        content.parse().map_err(|source| Error::Key { path: text.into(), source })
    }

    /// Whether `signature` is this key's over `message`. Strict: no signature and no key is taken that
    /// other implementations would judge otherwise.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// None where the bytes are no point of the curve, or one of the few that sign anything (zero is one).
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Option<PublicKey> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(PublicKey)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<PublicKey, KeyError> {
        let text = key_line(text).ok_or(KeyError::Public)?;
        let key = hex(text).or_else(|| {
            let bytes: [u8; PUBLIC_BYTES] = Base64::decode_vec(text).ok()?.try_into().ok()?;
            bytes.strip_prefix(&ALGORITHM)?.last_chunk().copied()
        });
        key.and_then(|bytes| PublicKey::from_bytes(&bytes)).ok_or(KeyError::Public)
    }
}

/// 64 hexadecimal digits, as `nameplate inspect` shows a file's signer.
impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({self})")
    }
}

/// A key that signs files. It is overwritten when it is dropped, and has no way to be printed.
pub struct SecretKey {
    key: SigningKey,
    /// Minisign's name for the pair.
    id: [u8; 8],
}

impl SecretKey {
    /// A new key from the system's random numbers; fails where there are none.
    pub fn generate() -> io::Result<SecretKey> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        let key = SigningKey::from_bytes(&seed);
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        let id = *digest.first_chunk().expect("a digest has more than 8 bytes");
        Ok(SecretKey { key, id })
    }

    /// Reads a secret key's file.
    pub fn open(path: &Path) -> Result<SecretKey, Error> {
        let content = read(path).map_err(Error::io(path))?;
        content.parse().map_err(|source| Error::Key { path: path.into(), source })
    }

    /// Writes the secret key to a new file of mode 0600, and syncs it; a file that is there is left
    /// alone, and is an error.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let mut bytes = [0; SECRET_BYTES];
        bytes[..2].copy_from_slice(&ALGORITHM);
        bytes[2..4].copy_from_slice(&NO_PASSWORD);
        bytes[4..6].copy_from_slice(&CHECKSUM_KIND);
        bytes[SECRET_ID..][..8].copy_from_slice(&self.id);
        bytes[SECRET_SEED..][..32].copy_from_slice(self.key.as_bytes());
        bytes[SECRET_PUBLIC..][..32].copy_from_slice(self.key.verifying_key().as_bytes());
        let text = key_file("nameplate secret key", &bytes);
        write_new(path, 0o600, &text).map_err(Error::io(path))
    }

    /// The key that goes with it.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key())
    }

    /// The content of the public key's file.
    pub fn public_key_file(&self) -> String {
        let public = self.key.verifying_key();
        key_file("nameplate public key", &[&ALGORITHM[..], &self.id, public.as_bytes()].concat())
    }

    /// Writes the public key to a new file of mode 0644 (without the umask), and syncs it; a file that
    /// is there is left alone, and is an error.
    pub fn save_public_key(&self, path: &Path) -> Result<(), Error> {
        write_new(path, 0o644, &self.public_key_file()).map_err(Error::io(path))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl FromStr for SecretKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<SecretKey, KeyError> {
        let text = key_line(text).ok_or(KeyError::Secret)?;
        let bytes: [u8; SECRET_BYTES] =
            Base64::decode_vec(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError::Secret)?;
        if bytes[..2] != ALGORITHM || bytes[4..6] != CHECKSUM_KIND {
            return Err(KeyError::Secret);
        }
        if bytes[2..4] != NO_PASSWORD {
            return Err(KeyError::Password);
        }
        let part = |start: usize| bytes[start..].first_chunk::<32>().ok_or(KeyError::Secret);
        let key = SigningKey::from_bytes(part(SECRET_SEED)?);
        // Minisign keeps no checksum where there is no password; the public key serves as one.
        if key.verifying_key().as_bytes() != part(SECRET_PUBLIC)? {
            return Err(KeyError::Damaged);
        }
        let id = *bytes[SECRET_ID..].first_chunk().ok_or(KeyError::Secret)?;
        Ok(SecretKey { key, id })
    }
}

/// Says whose it is, and nothing of what it is.
impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey(of {:?})", self.public_key())
    }
}

/// The key in a file of two lines, or in a line of its own.
fn key_line(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim_end);
    let first = lines.next()?;
    let key = if first.starts_with(COMMENT) { lines.next()? } else { first };
    lines.all(str::is_empty).then_some(key)
}

fn key_file(what: &str, bytes: &[u8]) -> String {
    format!("{COMMENT}{what}\n{}\n", Base64::encode_string(bytes))
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.take(LONGEST_FILE).read_to_string(&mut text)?;
    Ok(text)
}

fn write_new(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(crate::publish::directory_of(path))?.sync_all()
}
