//! The command line's grammar; help, completions and man pages are made from it.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};
use nameplate::{Address, InvalidAddress};
use nameplate_daemon::SocketMode;
use nameplate_leads::access::{Role, Scope};
use nameplate_web::Listen;

/// Says which company or operator is behind an IP address.
///
/// Exit codes: 0 done, 1 the operation failed, 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "nameplate", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Lookup(Lookup),
    Serve(Serve),
    Build(Build),
    Keygen(Keygen),
    Inspect(Inspect),
    Verify(Verify),
    Networks(Networks),
    Diff(Diff),
    Export(Export),
    Suppress(Suppress),
    Doctor(Doctor),
    Purge(Purge),
    Backup(Backup),
    Restore(Restore),
    User(User),
    Key(Key),
    TryTarget(TryTarget),
    Completions(Completions),
    Man(Man),
}

/// Looks addresses up: one answer per line, in order
///
/// A line that is no address gets an error line in its place; the others are answered, and the
/// exit code is 1. The addresses themselves are never printed.
#[derive(Debug, Args)]
pub(crate) struct Lookup {
    #[command(flatten)]
    pub(crate) from: LookupFrom,
    /// Suppression list for --db: what it names is not shown. A daemon has its own
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath, conflicts_with = "socket")]
    pub(crate) suppress: Option<PathBuf>,
    /// For --db: take the file only if this key signed it; the public key's file, or the key itself
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath, conflicts_with = "socket")]
    pub(crate) public_key: Option<PathBuf>,
    /// Print JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
    /// Addresses, or - to read them from standard input, one per line
    #[arg(required = true, value_name = "IP")]
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct LookupFrom {
    /// Range file to look in
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: Option<PathBuf>,
    /// Socket of a running daemon to ask
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) socket: Option<PathBuf>,
}

/// Answers lookups on a Unix socket until SIGTERM
///
/// SIGHUP and the command RELOAD open the file and the suppression list anew; if they are not as they
/// should be, what was served before is served on.
///
/// Speaks RESP, so that redis-cli and every Redis client can ask. The environment variable
/// RUST_LOG sets the level of the log on standard error: error, warn, info (default), debug, trace.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Range file to serve
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "config")]
    pub(crate) db: Option<PathBuf>,
    /// Socket to create
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, required_unless_present = "config")]
    pub(crate) socket: Option<PathBuf>,
    /// Map the file instead of copying it: less memory, but whoever truncates the file kills the daemon
    #[arg(long)]
    pub(crate) map: bool,
    /// With --map: read the whole file into the page cache before serving
    #[arg(long)]
    pub(crate) prefault: bool,
    /// Suppression list: what it names is not shown
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) suppress: Option<PathBuf>,
    /// Serve only files that this key signed; the public key's file, or the key itself
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) public_key: Option<PathBuf>,
    /// Reload also a file whose build number is lower than the one served
    #[arg(long)]
    pub(crate) allow_older: bool,
    /// Answer HTTP for metrics (/metrics, Prometheus) and health (/health) on a second Unix socket, mode 0660
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) monitor: Option<PathBuf>,
    /// Serve REST and the dashboard here: an address with its port, or a Unix socket's path; needs [leads] in the configuration
    #[arg(long, value_name = "ADDRESS", value_parser = |listen: &str| Listen::try_from(listen.to_owned()), requires = "config")]
    pub(crate) http: Option<Listen>,
    /// Socket's mode: octal digits, as 0660, which it is if nothing is said
    #[arg(long, value_name = "MODE", value_parser = |mode: &str| SocketMode::try_from(mode.to_owned()))]
    pub(crate) mode: Option<SocketMode>,
    /// Socket's group, by name or number
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Let in only this user, by name or number, of those whom the mode lets connect; may be given more than once
    #[arg(long = "allow-user", value_name = "USER")]
    pub(crate) allow_users: Vec<String>,
    /// Let in only members of this group, and who is let in by --allow-user; may be given more than once
    #[arg(long = "allow-group", value_name = "GROUP")]
    pub(crate) allow_groups: Vec<String>,
    /// TOML file with all that can be set; flags win over it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

/// Builds a range file from public sources
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) from: BuildFrom,
    /// Range file to write; an existing one is replaced when the new one is complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "explain")]
    pub(crate) output: Option<PathBuf>,
    /// Show every piece of evidence about one address and which rule decided; without -o nothing is written
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) explain: Option<Address>,
    /// Accept the terms of the registries whose data the configuration names; without it they are printed
    #[arg(long)]
    pub(crate) accept_terms: bool,
    /// Sign the file with this secret key's file, which nameplate keygen makes
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) sign: Option<PathBuf>,
    /// Number of the build, instead of the configuration's or the newest source's date
    #[arg(long = "build-number", value_name = "N")]
    pub(crate) number: Option<u64>,
    /// Print the counts as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct BuildFrom {
    /// TOML file that names the sources with their licences and dates
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// IP-to-ASN tables: ip-location-db's CSV (dotted or -num) or iptoasn's TSV
    #[arg(long, value_name = "CSV", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub(crate) asn: Vec<PathBuf>,
}

/// Makes a pair of keys: one to sign files with, one to check them with
///
/// The secret key is written to KEY, mode 0600, and the public one to KEY.pub; neither may be there.
/// minisign's keys do as well, if they have no password.
#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Secret key's file to make, beside it KEY.pub
    #[arg(value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) secret: PathBuf,
}

/// Sends a made-up company to a target of the configuration, now and once
///
/// Says whether the webhook, the mail server or the chat took it, or why not. Nothing of a real visit is sent.
#[derive(Debug, Args)]
pub(crate) struct TryTarget {
    /// The daemon's configuration file, with [leads.outgoing] and [[leads.targets]]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// The target's name
    #[arg(value_name = "NAME")]
    pub(crate) target: String,
}

/// Shows a range file's header, counts, sources, licences and dates
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Range file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads a whole range file and checks all that can be checked
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Check that this key signed the file; the public key's file, or the key itself
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) public_key: Option<PathBuf>,
    /// Range file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

/// Lists the networks of a company, as ranges and as minimal CIDRs
#[derive(Debug, Args)]
pub(crate) struct Networks {
    /// Range file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: PathBuf,
    /// The company's id, as lookup shows it
    pub(crate) id: String,
    /// Suppression list: what it names is not shown
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) suppress: Option<PathBuf>,
    /// Print JSON, one network per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Shows what changed from one range file to another
///
/// Networks whose answer changed, companies and operators that came, went or changed, sources and
/// dates; a summary comes last. The exit code is 0 whether or not anything changed.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Range file before
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,
    /// Range file after
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,
    /// Suppression list, applied to both files: what it names is not shown
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) suppress: Option<PathBuf>,
    /// Print JSON, one change per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Writes a range file's networks in a format of other programs
///
/// Every format names the sources and their licences; whoever passes the output on has to keep
/// them. mmdb leaves out special-purpose blocks, which its readers do not expect.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Range file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: PathBuf,
    /// csv: a row per network; ndjson: a JSON object per line; mmdb: a MaxMind DB
    #[arg(long)]
    pub(crate) format: ExportFormat,
    /// File to write, or - for standard output (csv and ndjson); an existing file is replaced when
    /// the new one is complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// Suppression list: what it names is not shown
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) suppress: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Ndjson,
    Mmdb,
}

/// Keeps the list of companies and networks that are not to be shown
///
/// The other commands and the daemon take the list with --suppress. A list that is missing or
/// damaged is an error everywhere, and never an empty one.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Suppress {
    #[command(subcommand)]
    pub(crate) action: SuppressAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SuppressAction {
    Create(SuppressCreate),
    Add(SuppressAdd),
    Remove(SuppressRemove),
    List(SuppressList),
}

/// Makes an empty list; one that is there is left alone
#[derive(Debug, Args)]
pub(crate) struct SuppressCreate {
    /// Suppression list to make
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) list: PathBuf,
}

/// Adds a company or a network; one that is there already keeps its date and reason
#[derive(Debug, Args)]
pub(crate) struct SuppressAdd {
    /// Suppression list to change
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) list: PathBuf,
    /// Make the list, which must not be there
    #[arg(long)]
    pub(crate) create: bool,
    #[command(flatten)]
    pub(crate) rule: SuppressRule,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Since when, as 2026-06-17, instead of today (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<String>,
    /// Range file: say what the entry hides in it, and which companies of the same name stay
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) db: Option<PathBuf>,
}

/// Takes a company or a network off the list
#[derive(Debug, Args)]
pub(crate) struct SuppressRemove {
    /// Suppression list to change
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) list: PathBuf,
    #[command(flatten)]
    pub(crate) rule: SuppressRule,
}

/// Shows the list, one entry per line: date, kind of rule, what it names, reason
#[derive(Debug, Args)]
pub(crate) struct SuppressList {
    /// Suppression list to show
    #[arg(long, value_name = "LIST", value_hint = ValueHint::FilePath)]
    pub(crate) list: PathBuf,
    /// Print JSON, one entry per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a rule names, in one of four ways.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("rule").required(true))]
pub(crate) struct SuppressRule {
    /// The company with this id, as lookup shows it; asn:N names the AS too
    #[arg(long, group = "rule", value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The company with a number in this register, as lookup shows it
    #[arg(long, group = "rule", value_name = "NAME", requires = "number")]
    pub(crate) register: Option<String>,
    /// The number in the register
    #[arg(long, value_name = "N", requires = "register")]
    pub(crate) number: Option<String>,
    /// The companies with this domain, as example.com
    #[arg(long, group = "rule", value_name = "DOMAIN")]
    pub(crate) domain: Option<String>,
    /// Every address of this network: CIDR, FIRST-LAST or one address
    #[arg(long, group = "rule", value_name = "NETWORK")]
    pub(crate) network: Option<String>,
}

/// Checks a daemon's configuration, range file, suppression list and store, and explains a client's address
///
/// With --peer or --header: which address a request with them would count as a visit of, and why. It is printed because
/// it was typed here; the daemon never shows an address.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// Address at the other end of the request's connection; without it, a Unix socket
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) peer: Option<Address>,
    /// A header of the request, as 'X-Forwarded-For: 192.0.2.1'; may be given more than once, in the request's order
    #[arg(long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
}

/// Removes what is older than [leads.retention] lets it get
///
/// By the daemon, if it runs; else directly, as the user who is to own the store.
#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
}

/// Backs the store of visits up into a directory, and removes backups there that are too old
///
/// By the daemon, which must be able to write there, if it runs; else directly. Visits go on meanwhile. Prints the new
/// file's name.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// Directory for backups, which must exist
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) directory: PathBuf,
}

/// Puts a backup in the store's place, or only checks that this could be done
///
/// The daemon must not run. What has been objected to since the backup does not come back.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Read all of the backup and check it; nothing is changed
    #[arg(long)]
    pub(crate) verify: bool,
    /// The daemon's TOML file, which names the store
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "verify")]
    pub(crate) config: Option<PathBuf>,
    /// Backup
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) backup: PathBuf,
}

/// Says who may sign in to the dashboard
///
/// Works on the store that the configuration names, whether the daemon runs or not. Passwords are read from the
/// terminal, or as one line from standard input; they have at least 12 characters.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct User {
    #[command(subcommand)]
    pub(crate) action: UserAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    Add(UserAdd),
    List(UserList),
    Passwd(UserName),
    Totp(UserTotp),
    Remove(UserRemove),
}

/// Adds a user
#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// What the user is there for: administrator, analyst, data_protection_officer
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub(crate) role: Role,
    /// The user's name
    pub(crate) name: String,
}

/// Lists the users: name, role, whether there is a second factor
#[derive(Debug, Args)]
pub(crate) struct UserList {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// Print JSON, one user per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Gives a user another password, and signs it out everywhere
#[derive(Debug, Args)]
pub(crate) struct UserName {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// The user's name
    pub(crate) name: String,
}

/// Takes away the second factor of a user who has lost it, and signs it out everywhere; an administrator sets up another one at
/// the next sign-in
#[derive(Debug, Args)]
pub(crate) struct UserTotp {
    #[command(flatten)]
    pub(crate) user: UserName,
}

/// Removes a user, and signs it out everywhere
#[derive(Debug, Args)]
pub(crate) struct UserRemove {
    #[command(flatten)]
    pub(crate) user: UserName,
}

/// Makes keys for programs that use REST
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Key {
    #[command(subcommand)]
    pub(crate) action: KeyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    Add(KeyAdd),
    List(KeyList),
    Remove(KeyRemove),
}

/// Makes a key and prints its secret, which is shown this once
#[derive(Debug, Args)]
pub(crate) struct KeyAdd {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// What the key may do: visits, read, write, export, rights, objections, audit, operate; may be given more than once
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope, required = true)]
    pub(crate) scopes: Vec<Scope>,
    /// The key's name
    pub(crate) name: String,
}

/// Lists the keys: name, scopes, who made it
#[derive(Debug, Args)]
pub(crate) struct KeyList {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// Print JSON, one key per line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Removes a key, which then opens nothing any more
#[derive(Debug, Args)]
pub(crate) struct KeyRemove {
    /// The daemon's TOML file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// The key's name
    pub(crate) name: String,
}

fn role(text: &str) -> Result<Role, &'static str> {
    Role::from_name(text).ok_or("no role")
}

fn scope(text: &str) -> Result<Scope, &'static str> {
    Scope::from_name(text).ok_or("no scope")
}

/// Prints a completion script for a shell
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

/// Writes the man pages into a directory
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Directory, which must exist
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) directory: PathBuf,
}

fn address(text: &str) -> Result<Address, InvalidAddress> {
    Address::parse(text.as_bytes())
}
