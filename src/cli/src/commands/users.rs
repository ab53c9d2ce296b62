//! `nameplate user` and `nameplate key`: beside a running daemon, or before there is one.

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use nameplate_daemon::Config;
use nameplate_leads::store::Accounts;
use nameplate_web::users;
use serde_json::json;

use super::Failure;
use crate::args::{KeyAction, UserAction};

pub(super) fn user(action: UserAction) -> Result<ExitCode, Failure> {
    match action {
        UserAction::Add(add) => {
            let accounts = accounts(&add.config)?;
            users::add(&accounts, &add.name, add.role, &password()?)?;
        }
        UserAction::Passwd(of) => {
            let accounts = accounts(&of.config)?;
            users::set_password(&accounts, &of.name, &password()?)?;
        }
        UserAction::Totp(of) => users::reset_second_factor(&accounts(&of.user.config)?, &of.user.name)?,
        UserAction::Remove(of) => users::remove(&accounts(&of.user.config)?, &of.user.name)?,
        UserAction::List(list) => {
            let mut out = io::stdout().lock();
            for user in accounts(&list.config)?.users()? {
                if list.json {
                    let user = json!({"name": user.name, "role": user.role.name(), "second_factor": user.second_factor});
                    writeln!(out, "{user}")?;
                } else {
                    let factor = if user.second_factor { "second factor" } else { "password alone" };
                    writeln!(out, "{}\t{}\t{factor}", user.name, user.role.name())?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn key(action: KeyAction) -> Result<ExitCode, Failure> {
    match action {
        KeyAction::Add(add) => {
            println!("{}", users::add_key(&accounts(&add.config)?, &add.name, &add.scopes)?);
        }
        KeyAction::Remove(of) => users::remove_key(&accounts(&of.config)?, &of.name)?,
        KeyAction::List(list) => {
            let mut out = io::stdout().lock();
            for key in accounts(&list.config)?.keys()? {
                let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
                if list.json {
                    writeln!(out, "{}", json!({"name": key.name, "scopes": scopes, "author": key.author}))?;
                } else {
                    writeln!(out, "{}\t{}\t{}", key.name, scopes.join(" "), key.author)?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Of the store that the configuration names.
fn accounts(config: &Path) -> Result<Accounts, Failure> {
    let read = Config::read(config)?;
    let leads = read.leads.ok_or_else(|| format!("{}: there is no [leads] in it", config.display()))?;
    refuse_another_user(&leads.store)?;
    Accounts::open(&leads.store).map_err(|error| format!("{}: {error}", leads.store.display()).into())
}

/// Root can open anybody's store, but what it makes beside it (the file, its lock, the log) the daemon could not open any more.
fn refuse_another_user(store: &Path) -> Result<(), Failure> {
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Where there is no store yet, it is its directory's owner's. One that can't be looked at is told when it is opened.
    let Ok(owner) = store.metadata().or_else(|_| folder.metadata()) else { return Ok(()) };
    if owner.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let uid = owner.uid();
    Err(format!(
        "{}: belongs to the user with the number {uid}; run this as that user, by sudo -u '#{uid}'",
        store.display()
    )
    .into())
}

/// A line of standard input; of a terminal without showing it, twice.
fn password() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let first = unseen("Password: ")?;
    if first != unseen("Once more: ")? {
        return Err("the passwords are not the same".into());
    }
    Ok(first)
}

fn line() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks on the terminal, which does not show what is typed meanwhile.
fn unseen(question: &str) -> Result<String, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    eprint!("{question}");
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let line = line();
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    eprintln!();
    line
}
