//! What the processor offers beyond its architecture's baseline, found out once for a file.
//!
//! Each search algorithm is written once and compiled twice: for any processor ([`Portable`]), and
//! for x86-64 with AVX2 ([`X86V3`]), where counting bits is an instruction and eight keys are
//! compared in two. Both give the same answers, and the tests hold them to it.
//!
//! What is compiled for more than the baseline must reach the algorithm by inlining alone: a
//! closure on the way is a function of its own, compiled for the baseline, and costs a factor of
//! ten. So the code of a lookup has plain loops and matches.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, _mm256_cmpgt_epi64, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_packs_epi32,
    _mm256_set1_epi64x, _mm256_xor_si256,
};

use zerocopy::little_endian::U64;

/// Keys that are compared at once: a cache line.
pub(crate) const KEYS: usize = 8;

/// Which compilation of the search to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cpu {
    /// [`Portable`].
    Portable,
    /// [`X86V3`].
    #[cfg(target_arch = "x86_64")]
    X86V3,
}

impl Cpu {
    /// The best that this processor can run.
    pub(crate) fn detect() -> Cpu {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
        {
            return Cpu::X86V3;
        }
        Cpu::Portable
    }
}

/// What the algorithms ask of a processor.
pub(crate) trait Lanes {
    /// A number in the form in which keys are compared with it.
    type Key: Copy;

    /// Brings any number but the largest into that form.
    fn key(number: u64) -> Self::Key;

    /// How many of the [`KEYS`] keys from `start` on are at or below `key`; none where there are not so
    /// many keys.
    fn count_up_to(keys: &[U64], start: usize, key: Self::Key) -> Option<usize>;
}

/// Any processor of the architecture.
pub(crate) struct Portable;

impl Lanes for Portable {
    type Key = u64;

    #[inline(always)]
    fn key(number: u64) -> u64 {
        number
    }

    #[inline(always)]
    fn count_up_to(keys: &[U64], start: usize, key: u64) -> Option<usize> {
        let keys: &[U64; KEYS] = keys.get(start..)?.first_chunk()?;
        Some(keys.iter().map(|candidate| usize::from(candidate.get() <= key)).sum())
    }
}

/// x86-64 with AVX2, BMI1, BMI2, LZCNT and POPCNT (the level x86-64-v3). Its methods may be called
/// only from functions that [`per_cpu`] compiles for these features.
#[cfg(target_arch = "x86_64")]
pub(crate) struct X86V3;

#[cfg(target_arch = "x86_64")]
impl Lanes for X86V3 {
    /// In each lane the next number, for at or below a number is below the next. There is only a signed
    /// comparison: flipping the highest bit makes it an unsigned one.
    type Key = __m256i;

    #[inline(always)]
    fn key(number: u64) -> __m256i {
        let flipped = number.wrapping_add(1).cast_signed() ^ i64::MIN;
        // SAFETY: the callers are compiled for AVX2 and run where it was detected.
        unsafe { _mm256_set1_epi64x(flipped) }
    }

    #[inline(always)]
    #[allow(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]
    fn count_up_to(keys: &[U64], start: usize, next: __m256i) -> Option<usize> {
        if start > keys.len().checked_sub(KEYS)? {
            return None;
        }
        // SAFETY: the callers are compiled for AVX2 and run where it was detected; both loads lie
        // within the keys from `start` to `start + KEYS`, which are there as was just seen, and need
        // no alignment.
        unsafe {
            let flip = _mm256_set1_epi64x(i64::MIN);
            let keys = keys.as_ptr().add(start).cast::<__m256i>();
            let low = _mm256_cmpgt_epi64(next, _mm256_xor_si256(_mm256_loadu_si256(keys), flip));
            let high = _mm256_cmpgt_epi64(next, _mm256_xor_si256(_mm256_loadu_si256(keys.add(1)), flip));
            // Each lane is 0 or -1, also as two halves: narrowed, both fit one vector, in an order that
            // does not matter, with four bytes for each key.
            let counted = _mm256_movemask_epi8(_mm256_packs_epi32(low, high));
            Some(counted.count_ones() as usize / 4)
        }
    }
}

/// Defines a method that runs the generic method `$generic` as compiled for `self.cpu`.
macro_rules! per_cpu {
    ($(#[$doc:meta])* $name:ident / $portable:ident / $v3:ident = $generic:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name(&self $(, $argument: $type)*) $(-> $result)? {
            match self.cpu {
                $crate::cpu::Cpu::Portable => self.$portable($($argument),*),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: this value exists only where `Cpu::detect` found every feature that the
                // method is compiled for.
                $crate::cpu::Cpu::X86V3 => unsafe { self.$v3($($argument),*) },
            }
        }

        // Not inlined: its registers would have to be saved for the other one too.
        #[inline(never)]
        fn $portable(&self $(, $argument: $type)*) $(-> $result)? {
            self.$generic::<$crate::cpu::Portable>($($argument),*)
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn $v3(&self $(, $argument: $type)*) $(-> $result)? {
            self.$generic::<$crate::cpu::X86V3>($($argument),*)
        }
    };
}
pub(crate) use per_cpu;

/// Asks for the cache line that holds `slice[index]`, so that it is there when it is read. A hint:
/// any index may be given, and nothing is read.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and raises no fault, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().wrapping_add(index).cast());
    }
    // Elsewhere the stages of a batch still let the processor overlap its loads.
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
