//! A panic ends here. Nothing in the engine is meant to panic; if something does all the same, the host's
//! process goes on, and the call says `NAMEPLATE_ERROR_PANIC`.

use std::sync::Once;

/// The body of every function of the ABI. With a body of `Result<(), Status>` it gives the status; with
/// `or`, what the body gives, and after a panic what stands there.
macro_rules! guarded {
    (or $fallback:expr, $body:block) => {{
        // Whatever a panic leaves half done is not seen again: the engine's locks guard nothing that could be.
        let call = std::panic::AssertUnwindSafe(|| {
            $crate::guard::panic_if_forced();
            $body
        });
        std::panic::catch_unwind(call).unwrap_or($fallback)
    }};
    ($body:block) => {
        guarded!(or $crate::status::NAMEPLATE_ERROR_PANIC, {
            let body = || -> Result<(), $crate::status::Status> { $body };
            match body() {
                Ok(()) => $crate::status::NAMEPLATE_OK,
                Err(status) => status,
            }
        })
    };
}

/// The hook that a panic calls before it unwinds: none. The usual one reads the environment and writes to
/// standard error, both of which are the host's. The hook is this library's own, as its whole copy of `std`.
pub(crate) fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

#[cfg(not(feature = "forced-panic"))]
#[inline(always)]
pub(crate) fn panic_if_forced() {}

#[cfg(feature = "forced-panic")]
static FORCED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

#[cfg(feature = "forced-panic")]
pub(crate) fn panic_if_forced() {
    assert!(!FORCED.load(std::sync::atomic::Ordering::SeqCst), "forced");
}

/// Makes every function panic from now on, or no more: for the tests of what then becomes of the host.
#[cfg(feature = "forced-panic")]
#[unsafe(no_mangle)]
pub extern "C" fn nameplate_force_panic(forced: bool) {
    keep_panics_quiet();
    FORCED.store(forced, std::sync::atomic::Ordering::SeqCst);
}
