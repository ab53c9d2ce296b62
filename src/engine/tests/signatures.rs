//! Signed files: who signed what, and every way in which it is not so.

mod common;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

use common::*;
use nameplate::{Database, Error, FormatError, KeyError, OpenOptions, PublicKey, SecretKey};

/// A pair that minisign 0.11 made (`minisign -G -W`), for these tests alone.
const MINISIGN_SECRET: &str = include_str!("keys/minisign.key");
const MINISIGN_PUBLIC: &str = include_str!("keys/minisign.pub");

fn secret() -> SecretKey {
    MINISIGN_SECRET.parse().unwrap()
}

fn public() -> PublicKey {
    MINISIGN_PUBLIC.parse().unwrap()
}

fn stranger() -> SecretKey {
    SecretKey::generate().unwrap()
}

fn signed() -> Vec<u8> {
    signed_by(secret())
}

fn signed_by(key: SecretKey) -> Vec<u8> {
    let mut writer = sample_writer();
    writer.sign(key);
    file_of(writer)
}

fn check(file: &[u8], key: &PublicKey) -> Result<(), FormatError> {
    Database::from_bytes(file).unwrap_or_else(|error| panic!("{error}")).verify_signature(key)
}

#[test]
fn a_signed_file_is_the_unsigned_one_with_a_key_and_a_signature() {
    let (unsigned, signed) = (sample(), signed());
    assert_eq!(signed[..header::PUBLIC_KEY.start], unsigned[..header::PUBLIC_KEY.start]);
    assert_eq!(signed[header::SIGNATURE.end..], unsigned[header::SIGNATURE.end..]);
    let database = open_verified(&signed);
    assert_eq!(database.metadata().signer(), Some(public()));
    assert_eq!(open_verified(&unsigned).metadata().signer(), None);
    assert_eq!(check(&signed, &public()), Ok(()));
    assert_eq!(signed, signed_by(secret()), "the same key and content give the same bytes");
}

/// The signature by the specification: over header and section table, the seal taken as zero.
#[test]
fn the_signature_is_over_the_sealed_bytes() {
    use ed25519_dalek::{Signature, VerifyingKey};
    let file = signed();
    let mut sealed = file[..get_u32(&file, header::HEADER_LENGTH) as usize].to_vec();
    sealed[header::SEAL].fill(0);
    let key = VerifyingKey::from_bytes(file[header::PUBLIC_KEY].try_into().unwrap()).unwrap();
    let signature = Signature::from_bytes(file[header::SIGNATURE].try_into().unwrap());
    assert!(key.verify_strict(&sealed, &signature).is_ok());
}

#[test]
fn an_unsigned_file_is_refused_where_a_signature_is_asked_for() {
    assert_eq!(check(&sample(), &public()), Err(FormatError::Unsigned));
    assert!(FormatError::Unsigned.to_string().contains("not signed"));
}

#[test]
fn a_file_that_another_key_signed_is_refused() {
    assert_eq!(check(&signed_by(stranger()), &public()), Err(FormatError::OtherKey));
    assert_eq!(check(&signed(), &stranger().public_key()), Err(FormatError::OtherKey));
}

/// A stranger can write any key into the header; he can't make its signature.
#[test]
fn a_strangers_file_that_names_the_right_key_is_refused() {
    let mut file = signed_by(stranger());
    put(&mut file, header::PUBLIC_KEY.start, &signed()[header::PUBLIC_KEY]);
    assert_eq!(check(&file, &public()), Err(FormatError::Signature));
    assert_eq!(Database::from_bytes(&file).unwrap().verify(), Err(FormatError::Signature));
}

#[test]
fn a_signature_is_good_for_one_file() {
    let mut writer = sample_writer();
    writer.build_number(8);
    let mut file = file_of(writer);
    put(&mut file, header::PUBLIC_KEY.start, &signed()[header::PUBLIC_KEY.start..header::SIGNATURE.end]);
    assert_eq!(check(&file, &public()), Err(FormatError::Signature));
}

#[test]
fn changed_content_is_refused_though_the_header_is_as_it_was_signed() {
    let file = signed();
    for section in Parts::of(&file).sections {
        let kind = nameplate::format::SectionKind::from_number(section.kind).unwrap();
        let Some(last) = range_of(&file, kind).last() else { continue };
        let mut file = file.clone();
        file[last] ^= 1;
        // The first records of some sections are read when a file is opened.
        if let Ok(database) = Database::from_bytes(&file) {
            let error = section_error(kind, "its checksum does not fit");
            assert_eq!(database.verify_signature(&public()), Err(error));
        }
    }
    let mut file = file;
    let gap = range_of(&file, nameplate::format::SectionKind::V4Starts).end;
    file[gap] = 1;
    assert_eq!(check(&file, &public()), Err(FormatError::Padding { offset: gap as u64 }));
}

#[test]
fn changed_content_that_was_sealed_again_is_refused() {
    let mut parts = Parts::of(&signed());
    parts.put_u32(nameplate::format::SectionKind::V4Answers, 3, 0, 2);
    let mut file = parts.assemble();
    put(&mut file, header::PUBLIC_KEY.start, &signed()[header::PUBLIC_KEY.start..header::SIGNATURE.end]);
    assert_eq!(check(&file, &public()), Err(FormatError::Signature));
}

/// Also without the key: the signature has to be that of the key beside it.
#[test]
fn verify_finds_every_flipped_bit_of_a_signed_header() {
    let mut file = signed();
    let length = get_u32(&file, header::HEADER_LENGTH) as usize;
    for bit in 0..length * 8 {
        file[bit / 8] ^= 1 << (bit % 8);
        if let Ok(database) = Database::from_bytes(&file) {
            assert!(database.verify().is_err(), "byte {}, bit {}", bit / 8, bit % 8);
            assert!(database.verify_signature(&public()).is_err(), "byte {}, bit {}", bit / 8, bit % 8);
        }
        file[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Points of small order: a signature by one of them fits many messages (RFC 8032, section 8.9 and the
/// remarks on strictness). Zero is one, so an unsigned file names no signer.
#[test]
fn keys_that_sign_anything_are_none() {
    let order_1 = format!("01{}", "00".repeat(31));
    let order_4 = "00".repeat(32);
    for key in [order_1, order_4] {
        assert_eq!(key.parse::<PublicKey>(), Err(KeyError::Public));
        let mut file = signed();
        let bytes = u8::from(key.starts_with("01"));
        file[header::PUBLIC_KEY].fill(0);
        file[header::PUBLIC_KEY.start] = bytes;
        // An all-zero key with a signature is a contradiction of its own.
        assert!(Database::from_bytes(&file).unwrap().verify().is_err());
        assert_eq!(Database::from_bytes(&file).unwrap().metadata().signer(), None);
    }
}

#[test]
fn opening_with_a_key_takes_only_what_it_signed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("signed.npl");
    let key = public();
    for copy in [false, true] {
        let open = || OpenOptions::default().copy(copy).public_key(Some(&key)).open(&path);
        fs::write(&path, signed()).unwrap();
        assert!(open().is_ok());
        let mut damaged = signed();
        *damaged.last_mut().unwrap() ^= 1;
        let error = section_error(nameplate::format::SectionKind::Strings, "its checksum does not fit");
        for (file, error) in [
            (sample(), FormatError::Unsigned),
            (signed_by(stranger()), FormatError::OtherKey),
            (damaged, error),
        ] {
            fs::write(&path, file).unwrap();
            assert_eq!(format_error(open()), error);
        }
    }
}

#[test]
fn a_file_without_a_suppressed_company_is_made_here_and_signed_by_nobody() {
    use nameplate::{Suppression, SuppressionList, SuppressionRule};
    let mut list = SuppressionList::default();
    list.add(Suppression::new(SuppressionRule::Company(ZULU.into()), "2026-06-17", "asked").unwrap());
    let database = Database::from_bytes(&signed()).unwrap().suppress(&list).unwrap();
    assert_eq!(database.metadata().signer(), None);
    assert_eq!(database.verify(), Ok(()));
}

#[test]
fn minisigns_keys_are_read_in_each_form() {
    let secret: SecretKey = MINISIGN_SECRET.parse().unwrap();
    assert_eq!(secret.public_key(), public());
    assert_eq!(MINISIGN_PUBLIC.lines().nth(1).unwrap().parse::<PublicKey>(), Ok(public()));
    assert_eq!(public().to_string().parse::<PublicKey>(), Ok(public()));
    assert_eq!(public().to_string().to_uppercase().parse::<PublicKey>(), Ok(public()));
    let windows = MINISIGN_PUBLIC.replace('\n', "\r\n");
    assert_eq!(windows.parse::<PublicKey>(), Ok(public()));
    // The id and the key are minisign's, the comment is ours.
    assert_eq!(secret.public_key_file().lines().nth(1), MINISIGN_PUBLIC.lines().nth(1));
}

#[test]
fn what_is_no_key_is_refused_and_not_quoted() {
    let public_line = MINISIGN_PUBLIC.lines().nth(1).unwrap();
    for text in [
        "",
        "\n",
        "RW",
        &public_line[..55],
        &format!("{public_line}A"),
        &public_line.replacen("RW", "RX", 1),
        &format!("{MINISIGN_PUBLIC}{public_line}\n"),
        &"0".repeat(63),
        &"g".repeat(64),
        &"é".repeat(32),
        // No point of the curve has this y.
        &format!("02{}", "00".repeat(31)),
        MINISIGN_SECRET,
    ] {
        let error = text.parse::<PublicKey>().unwrap_err();
        assert_eq!(error, KeyError::Public, "{text}");
    }
    for text in ["", MINISIGN_PUBLIC, "untrusted comment: x\n", &"A".repeat(212)] {
        assert_eq!(text.parse::<SecretKey>().map(drop), Err(KeyError::Secret), "{text}");
    }
    // Base64 digits, so bytes, of the file that minisign protects with a password ("Sc", scrypt).
    let protected = MINISIGN_SECRET.replacen("RWQAAEIy", "RWRTY0Iy", 1);
    assert_ne!(protected, MINISIGN_SECRET);
    assert_eq!(protected.parse::<SecretKey>().map(drop), Err(KeyError::Password));
}

#[test]
fn a_damaged_secret_key_is_noticed() {
    let (comment, line) = MINISIGN_SECRET.split_once('\n').unwrap();
    // Base64 digits of the secret and of the public key beside it.
    for place in [90, 120, 130, 160] {
        let mut damaged = line.to_owned().into_bytes();
        damaged[place] = if damaged[place] == b'A' { b'B' } else { b'A' };
        let damaged = format!("{comment}\n{}", String::from_utf8(damaged).unwrap());
        assert_eq!(damaged.parse::<SecretKey>().map(drop), Err(KeyError::Damaged), "{place}");
    }
}

#[test]
fn a_secret_key_is_kept_for_its_owner_and_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let (secret, public) = (directory.path().join("k"), directory.path().join("k.pub"));
    let key = stranger();
    key.save(&secret).unwrap();
    key.save_public_key(&public).unwrap();
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(SecretKey::open(&secret).unwrap().public_key(), key.public_key());
    assert_eq!(PublicKey::open(&public).unwrap(), key.public_key());
    for (path, error) in [(&secret, stranger().save(&secret)), (&public, stranger().save_public_key(&public))]
    {
        let Err(Error::Io { path: named, source }) = error else { panic!("replaced") };
        assert_eq!((&named, source.kind()), (path, io::ErrorKind::AlreadyExists));
    }
    assert_eq!(SecretKey::open(&secret).unwrap().public_key(), key.public_key());
    assert!(!format!("{key:?}").contains(&fs::read_to_string(&secret).unwrap()[80..100]));
    assert!(SecretKey::open(&public).is_err_and(|error| error.class() == "key"));
    assert_ne!(stranger().public_key(), key.public_key(), "each is new");
}

#[test]
fn a_public_key_is_given_as_a_file_or_as_itself() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("k.pub");
    fs::write(&path, MINISIGN_PUBLIC).unwrap();
    let line = MINISIGN_PUBLIC.lines().nth(1).unwrap();
    for text in [path.to_str().unwrap(), line, &public().to_string()] {
        assert_eq!(PublicKey::open(text.as_ref()).unwrap(), public());
    }
    assert!(PublicKey::open(directory.path()).is_err_and(|error| error.class() == "io"));
    let missing = PublicKey::open(&directory.path().join("missing")).unwrap_err();
    assert_eq!(missing.class(), "missing");
}
