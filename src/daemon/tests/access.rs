//! Who gets in: by the socket's mode, owner and group, from the moment there is a file; and by the
//! allow-list.
//!
//! In Linux each thread has credentials of its own, so a thread here is another user by asking the kernel
//! directly. That takes root; as another user these tests say that they did nothing.

mod common;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use common::{Peer, request, within};
use nameplate_daemon::{Access, AccessList, Account, SocketFile, SocketMode, State, run, socket};
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const STRANGER: u32 = 65_534;
const MEMBER: u32 = 4321;
/// A group that the test's threads are in or not; nobody needs to have named it.
const GROUP: u32 = 4711;

fn is_root() -> bool {
    let root = geteuid().is_root();
    if !root {
        eprintln!("skipped: only root can be somebody else");
    }
    root
}

/// What `work` gives when a user of this number, in these groups, does it.
fn as_user<T: Send>(user: u32, groups: &[u32], work: impl FnOnce() -> T + Send) -> T {
    let ids: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            set_thread_groups(&ids[1..]).unwrap();
            set_thread_gid(ids[0]).unwrap();
            set_thread_uid(Uid::from_raw(user)).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

/// A directory that everybody may look into.
fn open_directory() -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.path().join("n.sock");
    (directory, path)
}

fn mode(text: &str) -> SocketMode {
    SocketMode::try_from(text.to_owned()).unwrap()
}

#[tokio::test]
async fn the_file_has_the_mode_owner_and_group_of_the_configuration() {
    if !is_root() {
        return;
    }
    let (_directory, path) = open_directory();
    for (text, bits) in [("0600", 0o600), ("0660", 0o660), ("0666", 0o666), ("0620", 0o620), ("0777", 0o777)]
    {
        for (owner, group) in
            [(None, None), (Some(MEMBER), None), (None, Some(GROUP)), (Some(MEMBER), Some(GROUP))]
        {
            let file = SocketFile { mode: mode(text), owner, group };
            let (_listener, place) = socket::bind(&path, &file).await.unwrap();
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!(found.mode() & 0o7777, bits);
            assert_eq!((found.uid(), found.gid()), (owner.unwrap_or(0), group.unwrap_or(0)));
            assert!(place.leave().await.unwrap());
        }
    }
}

/// Ends the others' work too, however this thread's ended.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// While sockets come and go a thousand times, one thread looks at the file without pause, and others try
/// to connect: a stranger, and one in the group that the file has before it gets its own.
#[test]
fn nobody_gets_in_before_the_file_is_final() {
    if !is_root() {
        return;
    }
    let (_directory, path) = open_directory();
    let file = SocketFile { mode: SocketMode::default(), owner: None, group: Some(GROUP) };
    let done = AtomicBool::new(false);
    let looks = AtomicU64::new(0);
    let refusals = [AtomicU64::new(0), AtomicU64::new(0)];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ends = Ends(&done);
            while !done.load(Ordering::Relaxed) {
                let Ok(found) = fs::symlink_metadata(&path) else { continue };
                let bits = found.mode() & 0o7777;
                assert_eq!(bits & !0o660, 0, "mode {bits:o}");
                assert!(bits & 0o060 == 0 || found.gid() == GROUP, "open to group {}", found.gid());
                looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        for (group, refusals) in [STRANGER, 0].into_iter().zip(&refusals) {
            let (path, done) = (&path, &done);
            scope.spawn(move || {
                as_user(STRANGER, &[group], || {
                    let _ends = Ends(done);
                    while !done.load(Ordering::Relaxed) {
                        match UnixStream::connect(path) {
                            Ok(_) => panic!("somebody in group {group} got in"),
                            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                                refusals.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound),
                        }
                    }
                });
            });
        }
        let _ends = Ends(&done);
        runtime.block_on(async {
            for _ in 0..1000 {
                let (_listener, place) = socket::bind(&path, &file).await.unwrap();
                assert!(place.leave().await.unwrap());
            }
            let (_listener, _place) = socket::bind(&path, &file).await.unwrap();
            as_user(MEMBER, &[MEMBER, GROUP], || UnixStream::connect(&path)).expect("a member gets in");
            let unseen = || refusals.iter().chain([&looks]).any(|count| count.load(Ordering::Relaxed) == 0);
            while unseen() && !done.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        });
    });
}

#[tokio::test]
async fn giving_the_socket_away_takes_the_right_to() {
    if !is_root() {
        return;
    }
    let (directory, path) = open_directory();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let file = SocketFile { group: Some(GROUP), ..SocketFile::default() };
    let bound = |groups: &[u32]| {
        as_user(STRANGER, groups, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(socket::bind(&path, &file)).map(|_| ()).map_err(|error| error.to_string())
        })
    };
    let refused = bound(&[STRANGER]).unwrap_err();
    assert!(refused.starts_with("giving the socket to its owner and group"), "{refused}");
    assert!(!path.exists(), "nothing is left of the attempt");
    bound(&[STRANGER, GROUP]).unwrap();
    assert_eq!(fs::symlink_metadata(&path).unwrap().gid(), GROUP);
}

/// A daemon whose socket is open to everybody and whose list is not.
struct Guarded {
    path: PathBuf,
    _directory: TempDir,
    shutdown: CancellationToken,
    running: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Guarded {
    async fn start(users: &[Account], groups: &[Account]) -> Guarded {
        let (directory, path) = open_directory();
        let mut access = Access::default();
        access.allow_users = users.to_vec();
        access.allow_groups = groups.to_vec();
        let state = Arc::into_inner(common::state()).unwrap();
        let state: State = state.restricted_to(AccessList::resolve(&access).unwrap());
        let file = SocketFile { mode: mode("0666"), ..SocketFile::default() };
        let (listener, _) = socket::bind(&path, &file).await.unwrap();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(run(listener, Arc::new(state), shutdown.clone()));
        Guarded { path, _directory: directory, shutdown, running }
    }

    async fn end(self) {
        self.shutdown.cancel();
        within(self.running).await.unwrap().unwrap();
    }

    /// What somebody gets who sends a PING and does not leave before the daemon ends it.
    fn ask(&self, user: u32, groups: &[u32]) -> String {
        let path = self.path.clone();
        as_user(user, groups, move || conversation(&path))
    }
}

fn conversation(path: &Path) -> String {
    let mut client = UnixStream::connect(path).unwrap();
    // Who is disconnected before they have sent sees it now or when they read.
    let _ = client.write_all(&[request(&["PING"]), request(&["QUIT"])].concat());
    let mut received = Vec::new();
    let mut bytes = [0; 256];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        received.extend_from_slice(&bytes[..count]);
    }
    String::from_utf8(received).unwrap()
}

const ADMITTED: &str = "+PONG\r\n+OK\r\n";
const REFUSED: &str = "-NOPERM not in the daemon's list of users and groups that may connect\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_users_lets_in_them_root_and_the_daemons_own() {
    if !is_root() {
        return;
    }
    let daemon = Guarded::start(&[Account::Id(MEMBER), Account::Name("nobody".into())], &[]).await;
    assert_eq!(daemon.ask(MEMBER, &[MEMBER]), ADMITTED);
    assert_eq!(daemon.ask(STRANGER, &[STRANGER]), ADMITTED, "nobody's number is 65534");
    assert_eq!(daemon.ask(0, &[0]), ADMITTED);
    for other in [MEMBER + 1, 1, STRANGER - 1] {
        assert_eq!(
            daemon.ask(other, &[MEMBER, STRANGER, 0]),
            REFUSED,
            "groups of these numbers do not count"
        );
    }
    let mut root = Peer::connect(&daemon.path).await;
    let info = String::from_utf8(root.reply(request(&["INFO", "stats"])).await).unwrap();
    assert!(info.contains("refused_access:3\r\n"), "{info}");
    assert!(info.contains("total_connections_received:4\r\n"), "{info}");
    assert!(info.contains("total_commands_processed:7\r\n"), "nothing of the others was read: {info}");
    daemon.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_groups_lets_in_their_members() {
    if !is_root() {
        return;
    }
    let daemon = Guarded::start(&[], &[Account::Id(GROUP)]).await;
    assert_eq!(daemon.ask(STRANGER, &[GROUP]), ADMITTED, "their own group");
    assert_eq!(daemon.ask(STRANGER, &[STRANGER, 7, GROUP, 8]), ADMITTED, "one of their groups");
    let many: Vec<u32> = (10_000..10_200).chain([GROUP]).collect();
    assert_eq!(daemon.ask(STRANGER, &many), ADMITTED, "one of very many");
    assert_eq!(daemon.ask(STRANGER, &many[..200]), REFUSED);
    assert_eq!(daemon.ask(GROUP, &[STRANGER]), REFUSED, "a user of this number does not count");
    daemon.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_the_mode_decides() {
    if !is_root() {
        return;
    }
    let daemon = Guarded::start(&[], &[]).await;
    assert_eq!(daemon.ask(STRANGER, &[STRANGER]), ADMITTED);
    daemon.end().await;
}

/// The same list holds for who had connected before the daemon was told to end.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_at_the_end_is_asked_too() {
    if !is_root() {
        return;
    }
    let (_directory, path) = open_directory();
    let file = SocketFile { mode: mode("0666"), ..SocketFile::default() };
    let (listener, _place) = socket::bind(&path, &file).await.unwrap();
    let mut access = Access::default();
    access.allow_users = vec![Account::Id(MEMBER)];
    let state = Arc::into_inner(common::state()).unwrap();
    let state = state.restricted_to(AccessList::resolve(&access).unwrap());
    let stranger = as_user(STRANGER, &[STRANGER], || UnixStream::connect(&path).unwrap());
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    within(run(listener, Arc::new(state), shutdown)).await.unwrap();
    let mut received = String::new();
    let mut stranger = stranger;
    stranger.read_to_string(&mut received).unwrap();
    assert_eq!(received, REFUSED);
}

#[test]
fn names_that_are_none_are_told_with_their_key() {
    let nobody = || vec![Account::Name("no-such-name-here".into())];
    let mut access = Access::default();
    access.allow_users = nobody();
    let expected = "access.allow_users: this system has no user \"no-such-name-here\"";
    assert_eq!(AccessList::resolve(&access).unwrap_err().to_string(), expected);
    access.allow_users.clear();
    access.allow_groups = nobody();
    let expected = "access.allow_groups: this system has no group \"no-such-name-here\"";
    assert_eq!(AccessList::resolve(&access).unwrap_err().to_string(), expected);
    access.group = nobody().pop();
    let expected = "access.group: this system has no group \"no-such-name-here\"";
    assert_eq!(SocketFile::for_clients(&access).unwrap_err().to_string(), expected);
}
