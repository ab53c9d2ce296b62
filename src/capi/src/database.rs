//! Range files: open, close, reload, suppress, and the snapshots from which lookups answer.

use std::ffi::c_char;
use std::mem::offset_of;

use nameplate::{Database as Engine, Error, GenerationOptions, Generations, OwnedSnapshot, PublicKey};

use crate::handle::{self, Kind};
use crate::memory::{ErrorText, Sized32, SizedPlace, path, place, read_sized};
use crate::status::{NAMEPLATE_ERROR_OPTION, Status, status_of};

/// Copies the file into memory that nobody can change or shrink, instead of mapping it: takes the file's size in
/// memory, and what happens to the file afterwards does not matter.
pub const NAMEPLATE_OPEN_COPY: u32 = 1;
/// Reads the whole mapped file into the page cache before the first lookup.
pub const NAMEPLATE_OPEN_PREFAULT: u32 = 2;
/// Checks all of the file before it is used, some 60 ms for 20 MB. Without it, header and bounds are checked, and
/// a file that is damaged inside may answer wrongly; it is never read out of bounds.
pub const NAMEPLATE_OPEN_VERIFY: u32 = 4;
/// Lets a reload go back to a file with a lower build number.
pub const NAMEPLATE_OPEN_ALLOW_OLDER: u32 = 8;

/// A range file that can be replaced while it answers. It belongs to who opened it, who closes it once; any number
/// of threads may use it at once, and closing it is for when none does.
pub struct Database {
    _opaque: [u8; 0],
}

impl Kind for Database {
    type Value = Generations;
    const MARK: u64 = 0x8a5d_9be1_43c7_2f06;
}

/// One state of a database: what one file says. It belongs to who took it, who frees it once, also after the database
/// was closed; any number of threads may look up in it at once. Everything that a lookup lends is valid until then.
/// Take one for each piece of work (some 25 ns, one allocation), and let go of it: one that is kept keeps its file in memory, and a
/// reload fails when seven replaced files are kept so.
pub struct Snapshot {
    _opaque: [u8; 0],
}

impl Kind for Snapshot {
    type Value = Held;
    const MARK: u64 = 0xd1f2_0c6b_97ae_5843;
}

/// What a snapshot stands for.
pub(crate) struct Held {
    /// Where `snapshot` has its database: a step less on the way of every lookup.
    engine: *const Engine,
    snapshot: OwnedSnapshot,
}

impl Held {
    #[inline(always)]
    pub(crate) fn engine(&self) -> &Engine {
        // SAFETY: `snapshot` holds it where it is, for as long as it lives, and moves nothing when it moves.
        unsafe { &*self.engine }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.snapshot.generation()
    }
}

/// How a database is opened. It is the caller's, zeroed but for what is set, and not kept: the texts are copied.
#[repr(C)]
pub struct OpenOptions {
    /// Set by the caller: `sizeof(nameplate_options_t)`.
    pub size: u32,
    /// `NAMEPLATE_OPEN_…` added up.
    pub flags: u32,
    /// A suppression list's file, NUL-terminated, read now and at each reload; or NULL. What it names is in no answer.
    pub suppression: *const c_char,
    /// A public key's file, or the key itself, NUL-terminated; or NULL. Only files that it signed are taken.
    pub public_key: *const c_char,
}

// SAFETY: repr(C), begins with its size, integers and pointers alone.
unsafe impl Sized32 for OpenOptions {
    const FIRST: usize = offset_of!(OpenOptions, public_key) + size_of::<*const c_char>();
}

impl OpenOptions {
    const NONE: OpenOptions = OpenOptions {
        size: size_of::<OpenOptions>() as u32,
        flags: 0,
        suppression: std::ptr::null(),
        public_key: std::ptr::null(),
    };

    /// The engine's options.
    ///
    /// # Safety
    ///
    /// Each text is NULL or NUL-terminated.
    unsafe fn read(&self) -> Result<Result<GenerationOptions, Error>, Status> {
        const KNOWN: u32 = NAMEPLATE_OPEN_COPY
            | NAMEPLATE_OPEN_PREFAULT
            | NAMEPLATE_OPEN_VERIFY
            | NAMEPLATE_OPEN_ALLOW_OLDER;
        if self.flags & !KNOWN != 0 {
            return Err(NAMEPLATE_ERROR_OPTION);
        }
        let is_set = |flag| self.flags & flag != 0;
        let mut options = GenerationOptions {
            copy: is_set(NAMEPLATE_OPEN_COPY),
            prefault: is_set(NAMEPLATE_OPEN_PREFAULT),
            verify: is_set(NAMEPLATE_OPEN_VERIFY),
            allow_older: is_set(NAMEPLATE_OPEN_ALLOW_OLDER),
            ..Default::default()
        };
        if !self.suppression.is_null() {
            // SAFETY: NUL-terminated by this function's contract.
            options.suppression = Some(unsafe { path(self.suppression) }?.into());
        }
        if !self.public_key.is_null() {
            // SAFETY: NUL-terminated by this function's contract.
            match PublicKey::open(unsafe { path(self.public_key) }?) {
                Ok(key) => options.public_key = Some(key),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(options))
    }
}

/// Passes a result on; of an error, the status, and the sentence to where the caller wants it.
fn told<T>(result: Result<T, Error>, error_text: Option<SizedPlace<ErrorText>>) -> Result<T, Status> {
    result.map_err(|error| {
        let status = status_of(&error);
        if let Some(place) = error_text {
            place.say(status, &error.to_string());
        }
        status
    })
}

/// A place for a sentence, if the caller has one.
///
/// # Safety
///
/// As for [`SizedPlace::new`].
unsafe fn error_place(error: *mut ErrorText) -> Result<Option<SizedPlace<ErrorText>>, Status> {
    // SAFETY: the same contract.
    if error.is_null() { Ok(None) } else { unsafe { SizedPlace::new(error) }.map(Some) }
}

/// Opens the range file at `path` (NUL-terminated). `options` may be NULL, for none; `error` too. Maps the file: the
/// processes that do so share one copy. Such a file must be replaced by rename, as nameplate does, and never changed
/// in place: truncating a mapped file kills its readers, which `NAMEPLATE_OPEN_COPY` avoids.
/// O(1), well under a millisecond, if the options ask for no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_open(
    path: *const c_char,
    options: *const OpenOptions,
    error: *mut ErrorText,
    database: *mut *mut Database,
) -> u32 {
    crate::guard::keep_panics_quiet();
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (path, database, error) =
            unsafe { (crate::memory::path(path)?, place(database)?, error_place(error)?) };
        let options = if options.is_null() {
            OpenOptions::NONE
        } else {
            // SAFETY: as above.
            unsafe { read_sized(options) }?
        };
        // SAFETY: as above.
        let options = unsafe { options.read() }?;
        let opened = options.and_then(|options| Generations::open(path, options));
        database.write(handle::open(told(opened, error)?));
        Ok(())
    })
}

/// Closes a database; NULL is none, and is closed already. Snapshots of it stay as they are, and are freed by themselves.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_close(database: *mut Database) -> u32 {
    // SAFETY: what is passed on is what the header asks of the caller.
    guarded!({ unsafe { handle::close(database) } })
}

/// Opens the file anew, and the suppression list if there is one, and puts them in place for snapshots that are
/// taken from then on. Where anything fails, what was served is served on. `error` may be NULL, and `generation`
/// too: the new generation's number, which counts from 1. Costs what opening costs; lookups meanwhile notice nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_reload(
    database: *mut Database,
    error: *mut ErrorText,
    generation: *mut u64,
) -> u32 {
    // SAFETY: what is passed on is what the header asks of the caller.
    guarded!({ unsafe { replace(database, error, generation, Generations::reload) } })
}

/// Reloads with the suppression list at `list` (NUL-terminated), and from then on reads it at each reload, instead of
/// one that was given before. It can't be taken away again: a NULL by mistake would show who asked not to be shown.
/// Otherwise as `nameplate_reload`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_suppress(
    database: *mut Database,
    list: *const c_char,
    error: *mut ErrorText,
    generation: *mut u64,
) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        unsafe {
            let list = path(list)?;
            replace(database, error, generation, |generations| generations.suppress(list))
        }
    })
}

/// # Safety
///
/// The pointers are as the header asks.
unsafe fn replace(
    database: *mut Database,
    error: *mut ErrorText,
    generation: *mut u64,
    by: impl FnOnce(&Generations) -> Result<u64, Error>,
) -> Result<(), Status> {
    // SAFETY: this function's contract.
    let (generations, error) = unsafe { (handle::value(database)?, error_place(error)?) };
    // SAFETY: this function's contract.
    let place = if generation.is_null() { None } else { Some(unsafe { place(generation) }?) };
    let number = told(by(generations), error)?;
    if let Some(place) = place {
        place.write(number);
    }
    Ok(())
}

/// Takes a snapshot of the database as it is now. Takes no lock, and waits for nobody.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_snapshot(database: *const Database, snapshot: *mut *mut Snapshot) -> u32 {
    guarded!({
        // SAFETY: what is passed on is what the header asks of the caller.
        let (generations, place) = unsafe { (handle::value(database)?, place(snapshot)?) };
        let snapshot = generations.owned_snapshot();
        let engine: *const Engine = &raw const *snapshot;
        place.write(handle::open(Held { engine, snapshot }));
        Ok(())
    })
}

/// Frees a snapshot, and with it all texts that were lent by it; NULL is none, and is freed already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nameplate_snapshot_free(snapshot: *mut Snapshot) -> u32 {
    // SAFETY: what is passed on is what the header asks of the caller.
    guarded!({ unsafe { handle::close(snapshot) } })
}

/// The engine's database of a snapshot.
///
/// # Safety
///
/// As for [`handle::value`].
#[inline(always)]
pub(crate) unsafe fn engine<'a>(snapshot: *const Snapshot) -> Result<&'a Engine, Status> {
    // SAFETY: the same contract.
    unsafe { handle::value(snapshot) }.map(Held::engine)
}
