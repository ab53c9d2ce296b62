//! The caller's memory: pointers, lengths and structs that begin with their size.

use std::ffi::{CStr, c_char};
use std::mem::{MaybeUninit, offset_of};
use std::path::Path;
use std::ptr;

use crate::status::{NAMEPLATE_ERROR_ARGUMENT, NAMEPLATE_ERROR_NULL, NAMEPLATE_ERROR_OPTION, Status};

/// The largest `size` that a struct can be meant to have: one that was never set is likely larger.
const LARGEST_STRUCT: u32 = 4096;

/// Checks a pointer to one value.
#[inline(always)]
pub(crate) fn checked<T>(pointer: *const T) -> Result<(), Status> {
    if pointer.is_null() {
        Err(NAMEPLATE_ERROR_NULL)
    } else if pointer.is_aligned() {
        Ok(())
    } else {
        Err(NAMEPLATE_ERROR_ARGUMENT)
    }
}

/// A place for a result.
///
/// # Safety
///
/// It is NULL or writable, and nobody else uses it meanwhile.
#[inline(always)]
pub(crate) unsafe fn place<'a, T>(pointer: *mut T) -> Result<&'a mut MaybeUninit<T>, Status> {
    checked(pointer)?;
    // SAFETY: neither NULL nor unaligned; writable by this function's contract.
    Ok(unsafe { &mut *pointer.cast() })
}

fn checked_array<T>(pointer: *const T, count: usize) -> Result<(), Status> {
    checked(pointer)?;
    let bytes = count.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok());
    // No object reaches past the end of the address space.
    bytes.and_then(|bytes| pointer.addr().checked_add(bytes)).map(drop).ok_or(NAMEPLATE_ERROR_ARGUMENT)
}

/// An array that is read. Of none, the pointer may be anything.
///
/// # Safety
///
/// The pointer is NULL or `count` values can be read there, which nobody changes meanwhile.
pub(crate) unsafe fn array<'a, T>(pointer: *const T, count: usize) -> Result<&'a [T], Status> {
    if count == 0 {
        return Ok(&[]);
    }
    checked_array(pointer, count)?;
    // SAFETY: not NULL, aligned, of a length that arrays can have; readable by this function's contract.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// An array that is written. Its elements may be uninitialised. Of none, the pointer may be anything.
///
/// # Safety
///
/// The pointer is NULL or `count` values can be written there, and nobody else uses them meanwhile.
pub(crate) unsafe fn array_mut<'a, T>(
    pointer: *mut T,
    count: usize,
) -> Result<&'a mut [MaybeUninit<T>], Status> {
    if count == 0 {
        return Ok(&mut []);
    }
    checked_array(pointer, count)?;
    // SAFETY: not NULL, aligned, of a length that arrays can have; writable by this function's contract.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer.cast(), count) })
}

/// Refuses an array of input and one of output that share a byte: Rust may not see both at once.
pub(crate) fn apart<T, U>(input: *const T, output: *const U, count: usize) -> Result<(), Status> {
    let ends = |start: usize, size: usize| (start, start.saturating_add(count.saturating_mul(size)));
    let (input, input_end) = ends(input.addr(), size_of::<T>());
    let (output, output_end) = ends(output.addr(), size_of::<U>());
    if input < output_end && output < input_end { Err(NAMEPLATE_ERROR_ARGUMENT) } else { Ok(()) }
}

/// A NUL-terminated path.
///
/// # Safety
///
/// The pointer is NULL or a NUL-terminated string, which nobody changes meanwhile.
pub(crate) unsafe fn path<'a>(pointer: *const c_char) -> Result<&'a Path, Status> {
    use std::os::unix::ffi::OsStrExt;
    checked(pointer)?;
    // SAFETY: not NULL; NUL-terminated by this function's contract.
    let bytes = unsafe { CStr::from_ptr(pointer) }.to_bytes();
    Ok(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

/// A struct that begins with its size in bytes, as a `u32`, which the caller sets: so a library knows which of
/// its versions the caller was compiled with.
///
/// # Safety
///
/// `repr(C)`, the first field is `size: u32`, and every pattern of bits is a value.
pub(crate) unsafe trait Sized32: Sized {
    /// Bytes of the first version: no caller has a smaller one.
    const FIRST: usize;
}

/// Reads what the caller says is the size.
///
/// # Safety
///
/// The pointer is NULL or a `u32` can be read there.
unsafe fn size_at<T: Sized32>(pointer: *const T) -> Result<usize, Status> {
    checked(pointer)?;
    // SAFETY: not NULL, aligned for a struct that begins with a u32; readable by this function's contract.
    let size = unsafe { pointer.cast::<u32>().read() };
    if (size as usize) < T::FIRST || size > LARGEST_STRUCT {
        return Err(NAMEPLATE_ERROR_OPTION);
    }
    Ok(size as usize)
}

/// Copies a sized struct. What an older, smaller one lacks is zero; what a newer, larger one has more must be.
///
/// # Safety
///
/// The pointer is NULL or as many bytes can be read there as the first field says.
pub(crate) unsafe fn read_sized<T: Sized32>(pointer: *const T) -> Result<T, Status> {
    // SAFETY: the same contract.
    let size = unsafe { size_at(pointer) }?;
    let known = size.min(size_of::<T>());
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` bytes are readable by this function's contract, and are no more than the value has.
    unsafe { ptr::copy_nonoverlapping(pointer.cast::<u8>(), value.as_mut_ptr().cast(), known) };
    // SAFETY: readable by this function's contract.
    let rest = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    if rest.iter().any(|byte| *byte != 0) {
        return Err(NAMEPLATE_ERROR_OPTION);
    }
    // SAFETY: zeroed, and every pattern of bits is a value.
    Ok(unsafe { value.assume_init() })
}

/// A place for a sized struct.
pub(crate) struct SizedPlace<T> {
    pointer: *mut T,
    size: usize,
}

impl<T: Sized32> SizedPlace<T> {
    /// # Safety
    ///
    /// The pointer is NULL or as many bytes can be read and written there as the first field says, for as long
    /// as this lives, and nobody else uses them meanwhile.
    pub(crate) unsafe fn new(pointer: *mut T) -> Result<SizedPlace<T>, Status> {
        // SAFETY: the same contract.
        let size = unsafe { size_at(pointer) }?;
        Ok(SizedPlace { pointer, size })
    }

    /// How many bytes the caller has.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Writes all behind the size: of a smaller struct, the fields that it has; of a larger one, also zeros
    /// into those that this library does not know.
    pub(crate) fn write(self, value: &T) {
        const SIZE: usize = size_of::<u32>();
        let known = self.size.min(size_of::<T>());
        let target = self.pointer.cast::<u8>();
        // SAFETY: the contract of `new` gives `size` bytes, `known` of which the value has too. Padding, if
        // a struct had any, would be copied as it is.
        unsafe {
            ptr::copy_nonoverlapping(
                ptr::from_ref(value).cast::<u8>().add(SIZE),
                target.add(SIZE),
                known - SIZE,
            );
            ptr::write_bytes(target.add(known), 0, self.size - known);
        }
    }
}

/// Text that the library lends: `length` bytes of UTF-8 at `data`, not NUL-terminated. Where there is no such
/// text, `data` is NULL and `length` 0. It belongs to the snapshot by which it was got, and is valid until that is
/// freed, whatever is reloaded or closed; any thread may read it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Text {
    /// The first byte, or NULL.
    pub data: *const c_char,
    /// Bytes.
    pub length: usize,
}

impl Text {
    pub(crate) const NONE: Text = Text { data: ptr::null(), length: 0 };

    /// Empty text is no text, as in JSON.
    #[inline(always)]
    pub(crate) fn of(text: Option<&str>) -> Text {
        match text {
            Some(text) if !text.is_empty() => Text { data: text.as_ptr().cast(), length: text.len() },
            _ => Text::NONE,
        }
    }
}

/// What went wrong, in a sentence that names file and place, and says what to do. It is the caller's, who sets
/// `size`; a function that fails writes the rest, one that succeeds nothing. Used by one call at a time.
#[repr(C)]
pub struct ErrorText {
    /// Set by the caller: `sizeof(nameplate_error_t)`. A smaller one gets a shorter text.
    pub size: u32,
    /// The status that the function returns.
    pub status: u32,
    /// The sentence, UTF-8, NUL-terminated, cut where it would not fit.
    pub text: [c_char; 504],
}

// SAFETY: repr(C), begins with its size, integers alone.
unsafe impl Sized32 for ErrorText {
    const FIRST: usize = offset_of!(ErrorText, text) + 1;
}

impl SizedPlace<ErrorText> {
    /// Writes status and sentence, as much of it as there is space for.
    pub(crate) fn say(self, status: Status, sentence: &str) {
        const TEXT: usize = offset_of!(ErrorText, text);
        let space = self.size().min(size_of::<ErrorText>()) - TEXT - 1;
        let length = sentence.floor_char_boundary(space);
        let mut value = ErrorText { size: 0, status, text: [0; 504] };
        for (to, from) in value.text.iter_mut().zip(&sentence.as_bytes()[..length]) {
            *to = from.cast_signed();
        }
        self.write(&value);
    }
}
