//! Users and groups of the configuration: from what is written there to the kernel's numbers. Asked
//! once, at start, of whatever the system keeps accounts in.

use std::num::IntErrorKind;

use nix::unistd::{Group, User};

use crate::config::{Account, ConfigError};

/// The number that chown(2) and the kernel's credentials use for "none".
const NONE: u32 = u32::MAX;

/// The user's number; `key` is where the configuration names them.
pub(crate) fn user(key: &'static str, account: &Account) -> Result<u32, ConfigError> {
    number(key, "user", account, |name| Ok(User::from_name(name)?.map(|user| user.uid.as_raw())))
}

/// The group's number; `key` is where the configuration names it.
pub(crate) fn group(key: &'static str, account: &Account) -> Result<u32, ConfigError> {
    number(key, "group", account, |name| Ok(Group::from_name(name)?.map(|group| group.gid.as_raw())))
}

fn number(
    key: &'static str,
    kind: &'static str,
    account: &Account,
    find: impl FnOnce(&str) -> nix::Result<Option<u32>>,
) -> Result<u32, ConfigError> {
    let unknown = |name: &str| ConfigError::NoAccount { key, kind, name: name.into() };
    let found = match account {
        Account::Id(id) => *id,
        Account::Name(name) => match find(name) {
            Ok(Some(id)) => id,
            // As chown(1) reads it: a name goes before a number.
            Ok(None) => match name.parse::<u32>() {
                Ok(id) => id,
                Err(error) if *error.kind() == IntErrorKind::PosOverflow => NONE,
                Err(_) => return Err(unknown(name)),
            },
            Err(error) => {
                return Err(ConfigError::Accounts { key, kind, name: name.clone(), source: error.into() });
            }
        },
    };
    if found == NONE {
        return Err(ConfigError::OutOfBounds { key, expected: "a name, or a number from 0 to 4294967294" });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Account {
        Account::Name(text.into())
    }

    #[test]
    fn names_and_numbers_are_accounts() {
        assert_eq!(user("access.owner", &name("root")).unwrap(), 0);
        assert_eq!(group("access.group", &name("root")).unwrap(), 0);
        assert_eq!(group("access.group", &name("4711")).unwrap(), 4711);
        assert_eq!(user("access.owner", &Account::Id(4711)).unwrap(), 4711);
    }

    #[test]
    fn what_is_no_account_is_told_with_its_key() {
        for (account, expected) in [
            (name("nobody-of-this-name"), "access.group: this system has no group \"nobody-of-this-name\""),
            (name(""), "access.group: this system has no group \"\""),
            (name("-1"), "access.group: this system has no group \"-1\""),
            (Account::Id(NONE), "access.group: a name, or a number from 0 to 4294967294"),
            (name("4294967295"), "access.group: a name, or a number from 0 to 4294967294"),
            (name("99999999999"), "access.group: a name, or a number from 0 to 4294967294"),
        ] {
            assert_eq!(group("access.group", &account).unwrap_err().to_string(), expected);
        }
    }
}
