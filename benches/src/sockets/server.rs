//! The processes that answer. They end with this one, however that ends: dropped, they are killed, and the
//! kernel kills them if this process is.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::sockets::cores::Cores;

/// How long a server may take until it can be connected to: ours checks its file first.
const START: Duration = Duration::from_secs(30);

/// A server that runs.
pub struct Server {
    child: Child,
    socket: PathBuf,
}

impl Server {
    /// Redis without persistence, on a Unix socket alone. None where it is not installed.
    pub fn redis(directory: &Path, cores: &Cores) -> Result<Option<Server>> {
        if redis_version().is_none() {
            return Ok(None);
        }
        let socket = directory.join("redis.sock");
        let server = start("redis", &socket, directory, cores, |command| {
            command.args(["redis-server", "--port", "0", "--save", "", "--appendonly", "no"]);
            command.args(["--daemonize", "no", "--unixsocket"]).arg(&socket).arg("--dir").arg(directory);
        })?;
        Ok(Some(server))
    }

    /// The daemon, as it comes, on a range file.
    pub fn nameplate(file: &Path, directory: &Path, cores: &Cores) -> Result<Server> {
        Self::serve(file, None, directory, cores)
    }

    /// The same with a configuration.
    pub fn nameplate_with(file: &Path, config: &Path, directory: &Path, cores: &Cores) -> Result<Server> {
        Self::serve(file, Some(config), directory, cores)
    }

    fn serve(file: &Path, config: Option<&Path>, directory: &Path, cores: &Cores) -> Result<Server> {
        let binary = match std::env::var_os("NAMEPLATE_BIN") {
            Some(binary) => PathBuf::from(binary),
            None => std::env::current_exe()?.with_file_name("nameplate"),
        };
        if !binary.exists() {
            return Err(format!("{}: not there; run `make release`", binary.display()).into());
        }
        let socket = directory.join("nameplate.sock");
        start("nameplate", &socket, directory, cores, |command| {
            command.arg(&binary).args(["serve", "--db"]).arg(file).arg("--socket").arg(&socket);
            if let Some(config) = config {
                command.arg("--config").arg(config);
            }
        })
    }

    /// This program as an echo that answers everything with the same bytes.
    pub fn echo(reply: &[u8], directory: &Path, cores: &Cores) -> Result<Server> {
        let (socket, file) = (directory.join("echo.sock"), directory.join("echo.reply"));
        fs::write(&file, reply)?;
        let program = std::env::current_exe()?;
        start("echo", &socket, directory, cores, |command| {
            command.arg(&program).args(["echo", "--socket"]).arg(&socket).arg("--reply").arg(&file);
        })
    }

    /// Where it answers.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Bytes of its memory that are in RAM: its own, those of mapped files, and those shared with others.
    pub fn resident(&self) -> Result<Resident> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB")).map(str::trim);
            Ok(number.ok_or_else(|| format!("the kernel does not say {name}"))?.parse::<u64>()? << 10)
        };
        Ok(Resident { anonymous: field("RssAnon")?, mapped: field("RssFile")?, shared: field("RssShmem")? })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

/// What of a process is in RAM, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Resident {
    /// Heap and stacks.
    pub anonymous: u64,
    /// Mapped files: the program itself, and libraries.
    pub mapped: u64,
    /// Shared memory, in which the daemon has its copy of the range file.
    pub shared: u64,
}

impl Resident {
    /// All of it but the range file's `file` bytes.
    pub fn beyond(self, file: u64) -> u64 {
        self.anonymous + self.mapped + self.shared.saturating_sub(file)
    }
}

/// The version of Redis that is installed.
pub fn redis_version() -> Option<String> {
    let output = Command::new("redis-server").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_whitespace().find_map(|word| word.strip_prefix("v="))?.to_owned())
}

/// Starts what `with` gives as program and arguments, and waits until it accepts connections.
fn start(
    name: &str,
    socket: &Path,
    directory: &Path,
    cores: &Cores,
    with: impl FnOnce(&mut Command),
) -> Result<Server> {
    let log = directory.join(format!("{name}.log"));
    // Of util-linux: becomes the program, which the kernel kills when this process ends.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]);
    with(&mut command);
    command.stdin(Stdio::null()).stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
    let child = cores.on_servers(|| command.spawn()).map_err(|error| format!("starting {name}: {error}"))?;
    let mut server = Server { child, socket: socket.into() };
    let deadline = Instant::now() + START;
    while UnixStream::connect(socket).is_err() {
        let ended = server.child.try_wait()?.is_some();
        if ended || Instant::now() > deadline {
            let said = fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("{name} does not accept connections: {}", said.trim()).into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(server)
}

/// Loads keys and values into Redis.
pub fn load_redis<'a>(socket: &Path, pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let mut request = Vec::new();
    let mut reply = [0; b"+OK\r\n".len()];
    for (key, value) in pairs {
        request.clear();
        nameplate_daemon::resp::encode(&[b"SET", key, value], &mut request);
        stream.write_all(&request)?;
        stream.read_exact(&mut reply)?;
        if reply != *b"+OK\r\n" {
            return Err(io::Error::other("Redis refused a key").into());
        }
    }
    Ok(())
}
