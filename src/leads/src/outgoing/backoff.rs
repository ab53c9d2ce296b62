//! When a delivery that failed is tried again: exponential, with jitter, up to a fixed number of attempts.

use std::time::Duration;

/// The wait after the first failure.
pub const FIRST: Duration = Duration::from_secs(5);
/// No wait of ours is longer.
pub const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// What a receiver may ask for in `Retry-After`; more than that counts as that.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);
/// Attempts after which a delivery is a dead letter, if the configuration says nothing: with the waits above some 44 hours.
pub const ATTEMPTS: u32 = 11;

/// What comes next for a delivery of which `made` attempts failed.
///
/// The wait is `first * 4^(made - 1)`, at most [`LONGEST`], times 0.8 to 1.2 as `chance` (any number, evenly spread) says,
/// so that many deliveries which failed together do not come back together. What the receiver asked for is the least, up
/// to [`LONGEST_ASKED`]. `None` when it has been tried `attempts` times.
pub fn wait(
    made: u32,
    attempts: u32,
    first: Duration,
    asked: Option<Duration>,
    chance: u32,
) -> Option<Duration> {
    if made >= attempts {
        return None;
    }
    let times = 4_u32.saturating_pow(made.saturating_sub(1));
    let plain = first.saturating_mul(times).min(LONGEST);
    // 800 to 1200 thousandths.
    let jittered = plain * (800 + chance % 401) / 1000;
    Some(jittered.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the middle of the jitter.
    const PLAIN: u32 = 200;

    #[test]
    fn waits_grow_fourfold_to_twelve_hours_and_end() {
        let seconds: Vec<_> = (1..=ATTEMPTS)
            .map(|made| wait(made, ATTEMPTS, FIRST, None, PLAIN).map(|wait| wait.as_secs()))
            .collect();
        let expected = [5, 20, 80, 320, 1280, 5120, 20480, 43200, 43200, 43200].map(Some);
        assert_eq!(seconds[..10], expected);
        assert_eq!(seconds[10], None);
        assert_eq!(expected.iter().flatten().sum::<u64>() / 3600, 43);
    }

    #[test]
    fn jitter_stays_within_a_fifth_and_reaches_both_ends() {
        let waits: Vec<_> =
            (0..1000).map(|chance| wait(1, 2, Duration::from_secs(1000), None, chance).unwrap()).collect();
        assert_eq!(waits.iter().min(), Some(&Duration::from_secs(800)));
        assert_eq!(waits.iter().max(), Some(&Duration::from_secs(1200)));
        assert!(wait(1, 2, FIRST, None, u32::MAX).is_some());
    }

    #[test]
    fn what_the_receiver_asks_for_is_the_least_within_a_day() {
        let asked = |seconds| wait(1, 3, FIRST, Some(Duration::from_secs(seconds)), PLAIN).unwrap().as_secs();
        assert_eq!(asked(0), 5);
        assert_eq!(asked(90), 90);
        assert_eq!(asked(u64::MAX), 86400);
    }

    #[test]
    fn no_number_of_attempts_overflows() {
        assert_eq!(wait(4_000_000_000, u32::MAX, LONGEST, None, PLAIN), Some(LONGEST));
    }
}
