//! Files as they come: plain, gzip, zstd or zip, told apart by their first bytes. What
//! decompression may yield is bounded, so that a small file cannot keep a build busy for ever.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::ImportError;
use crate::Progress;

/// How many decompressed bytes a compressed one may yield, beyond [`FREE_BYTES`]. Registers' tables
/// and registries' dumps stay below 40.
const HIGHEST_RATIO: u64 = 200;
/// What any file may yield, whatever its size.
const FREE_BYTES: u64 = 64 << 20;
const BUFFER: usize = 256 * 1024;

/// One stream of decompressed bytes.
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) reader: Box<dyn BufRead>,
    /// Size of what is read from the disk.
    pub(super) size: u64,
    /// How much of it has been read.
    pub(super) position: Rc<Cell<u64>>,
}

impl Input {
    /// Opens a file that holds one stream: of a zip archive, its only file.
    pub(super) fn open(path: &Path) -> Result<Input, ImportError> {
        let io = ImportError::io(path);
        let mut file = File::open(path).map_err(&io)?;
        let mut magic = [0; 4];
        let length = read_up_to(&mut file, &mut magic).map_err(&io)?;
        file.seek(SeekFrom::Start(0)).map_err(&io)?;
        let size = file.metadata().map_err(&io)?.len();
        let position = Rc::new(Cell::new(0));
        let counted = Counted { inner: file, position: position.clone() };
        let reader: Box<dyn BufRead> = match &magic[..length] {
            [0x1f, 0x8b, ..] => bounded(MultiGzDecoder::new(BufReader::new(counted)), &position),
            [0x28, 0xb5, 0x2f, 0xfd] => bounded(zstd::Decoder::new(counted).map_err(&io)?, &position),
            b"PK\x03\x04" | b"PK\x05\x06" => {
                let mut archive = Archive::open(path)?;
                let name = archive.only_name()?;
                return archive.read(&name);
            }
            _ => Box::new(BufReader::with_capacity(BUFFER, counted)),
        };
        Ok(Input { path: path.into(), reader, size, position })
    }

    /// Whether a file is a zip archive.
    pub(super) fn is_archive(path: &Path) -> Result<bool, ImportError> {
        let mut magic = [0; 4];
        let mut file = File::open(path).map_err(ImportError::io(path))?;
        let length = read_up_to(&mut file, &mut magic).map_err(ImportError::io(path))?;
        Ok(matches!(&magic[..length], b"PK\x03\x04" | b"PK\x05\x06"))
    }
}

/// A zip archive with several files.
pub(super) struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Archive, ImportError> {
        let file = File::open(path).map_err(ImportError::io(path))?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(path, error))?;
        Ok(Archive { path: path.into(), zip })
    }

    /// Names of the files in it.
    pub(super) fn names(&self) -> Result<Vec<String>, ImportError> {
        let named = |name: zip::result::ZipResult<std::borrow::Cow<'_, str>>| match name {
            Ok(name) if name.ends_with('/') => None,
            Ok(name) => Some(Ok(name.into_owned())),
            Err(error) => Some(Err(zip_error(&self.path, error))),
        };
        self.zip.file_names().filter_map(named).collect()
    }

    fn only_name(&self) -> Result<String, ImportError> {
        match <[String; 1]>::try_from(self.names()?) {
            Ok([name]) => Ok(name),
            Err(names) => Err(ImportError::file(
                &self.path,
                format!("a zip archive of {} files, expected one; unpack it and name the files", names.len()),
            )),
        }
    }

    /// Opens one of its files. The archive's directory is read again, so that streams are independent.
    pub(super) fn read(&mut self, name: &str) -> Result<Input, ImportError> {
        let entry = self.zip.by_name(name).map_err(|error| zip_error(&self.path, error))?;
        let (size, method) = (entry.compressed_size(), entry.compression());
        let start =
            entry.data_start().ok_or_else(|| ImportError::file(&self.path, "a damaged zip archive"))?;
        let (expected, crc) = (entry.size(), entry.crc32());
        drop(entry);
        let mut file = File::open(&self.path).map_err(ImportError::io(&self.path))?;
        file.seek(SeekFrom::Start(start)).map_err(ImportError::io(&self.path))?;
        let position = Rc::new(Cell::new(0));
        let counted = Counted { inner: file.take(size), position: position.clone() };
        let reader: Box<dyn BufRead> = match method {
            zip::CompressionMethod::Stored => {
                Box::new(BufReader::with_capacity(BUFFER, Checked::new(counted, expected, crc)))
            }
            zip::CompressionMethod::Deflated => {
                let inflate = flate2::read::DeflateDecoder::new(counted);
                bounded(Checked::new(inflate, expected, crc), &position)
            }
            _ => {
                return Err(ImportError::file(
                    &self.path,
                    "a zip archive compressed in a way that is not read; unpack it",
                ));
            }
        };
        Ok(Input { path: self.path.clone(), reader, size, position })
    }
}

fn zip_error(path: &Path, error: zip::result::ZipError) -> ImportError {
    match error {
        zip::result::ZipError::Io(error) => ImportError::io(path)(error),
        other => ImportError::file(path, format!("a damaged zip archive: {other}")),
    }
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}

fn bounded(inner: impl Read + 'static, position: &Rc<Cell<u64>>) -> Box<dyn BufRead> {
    let bounded = Bounded { inner, read: 0, position: position.clone() };
    Box::new(BufReader::with_capacity(BUFFER, bounded))
}

/// Counts what is read from the disk.
struct Counted<R> {
    inner: R,
    position: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.position.set(self.position.get() + count as u64);
        Ok(count)
    }
}

/// Fails where decompression yields absurdly much.
struct Bounded<R> {
    inner: R,
    read: u64,
    position: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer).map_err(damaged)?;
        self.read += count as u64;
        if self.read > FREE_BYTES + HIGHEST_RATIO * self.position.get() {
            let what = format!(
                "decompresses to more than {HIGHEST_RATIO} times its size; unpack it if this is meant to be"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(count)
    }
}

/// Decoders each have words of their own for data that end early or make no sense. What the
/// operating system says stays as it is.
fn damaged(error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() {
        return error;
    }
    io::Error::new(io::ErrorKind::InvalidData, "the compressed data are damaged or cut off")
}

/// Compares length and checksum of a zip archive's file with what its directory says.
struct Checked<R> {
    inner: R,
    left: u64,
    crc: flate2::Crc,
    expected: u32,
}

impl<R> Checked<R> {
    fn new(inner: R, length: u64, expected: u32) -> Checked<R> {
        Checked { inner, left: length, crc: flate2::Crc::new(), expected }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "a zip archive that is damaged or cut off");
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.left = self.left.checked_sub(count as u64).ok_or_else(damaged)?;
        if count == 0 && (self.left > 0 || self.crc.sum() != self.expected) {
            return Err(damaged());
        }
        Ok(count)
    }
}

/// Tells a [`Progress`] how far an [`Input`] has come.
pub(super) struct Told<'a> {
    progress: &'a mut dyn Progress,
    position: Rc<Cell<u64>>,
    up_to: u64,
}

impl<'a> Told<'a> {
    pub(super) fn begin(input: &Input, progress: &'a mut dyn Progress) -> Told<'a> {
        progress.begin(&input.path.display().to_string(), Some(input.size));
        Told { progress, position: input.position.clone(), up_to: 0 }
    }

    pub(super) fn tell(&mut self) {
        let position = self.position.get();
        self.progress.advance(position - self.up_to);
        self.up_to = position;
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.tell();
        self.progress.end();
    }
}
