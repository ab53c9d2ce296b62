//! The socket's mode does not depend on the umask, and is right when the file appears.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nameplate_daemon::{SocketFile, socket};
use rustix::fs::Mode;
use rustix::process::umask;
use tempfile::TempDir;

// The only test in this file: the umask is the whole process's.
//
// `bind` fails where the file that the system has just created is wider than 0660; with an umask
// of 0 that it succeeds says that the file was never wider.
#[tokio::test]
async fn the_mode_is_the_same_under_every_umask() {
    let directory = TempDir::new().unwrap();
    for mask in [0, 0o022, 0o077, 0o777] {
        let path = directory.path().join(format!("{mask}.sock"));
        let before = umask(Mode::from_raw_mode(mask));
        let bound = socket::bind(&path, &SocketFile::default()).await;
        umask(before);
        let (_listener, _place) = bound.unwrap();
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o660, "umask {mask:o}");
    }
}
