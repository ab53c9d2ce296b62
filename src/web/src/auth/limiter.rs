//! What failures cost: each account and each network has a count of them, in memory alone, and beyond a few the next
//! attempt has to wait, twice as long each time.
//!
//! An attempt counts as failed when it begins, so that many at the same time do not get past; one that succeeds is taken
//! back. Keys are hashes under a key of this process: no address and no name is kept.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What is limited, with how many failures are free and how long a wait can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    free: u32,
    longest: Duration,
}

/// Passwords of one account. A minute at most: whoever guesses at it must not shut its owner out.
pub(crate) const ACCOUNT: Rule = Rule { free: 5, longest: Duration::from_mins(1) };

/// Second factors of one account: who guesses at it has the password.
pub(crate) const SECOND_FACTOR: Rule = Rule { free: 5, longest: Duration::from_mins(15) };

/// Of one network, behind which there may be many people.
pub(crate) const NETWORK: Rule = Rule { free: 20, longest: Duration::from_mins(15) };

/// What one network asks of the objection page.
pub(crate) const OBJECTION: Rule = Rule { free: 10, longest: Duration::from_mins(15) };

/// Mails to one domain. A few minutes at most: whoever floods it must not shut its owner out.
pub(crate) const MAIL_TO_DOMAIN: Rule = Rule { free: 3, longest: Duration::from_mins(5) };

/// Mails in all.
pub(crate) const ALL_MAIL: Rule = Rule { free: 60, longest: Duration::from_mins(1) };

/// The wait after the last free failure; each next one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// After so long without a failure all is forgotten.
const MEMORY: Duration = Duration::from_hours(1);

/// More counts are not kept; the oldest go.
const MOST: usize = 20_000;

/// Counts of failures.
#[derive(Default)]
pub(crate) struct Limiter {
    counts: HashMap<u64, Count>,
}

struct Count {
    failures: u32,
    last: Instant,
}

impl Limiter {
    /// Begins an attempt that all of these limit, or says how long to wait. What is refused does not count.
    pub(crate) fn begin(&mut self, now: Instant, limits: &[(u64, Rule)]) -> Result<(), Duration> {
        let wait = limits.iter().map(|(key, rule)| self.wait(now, *key, *rule)).max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        for (key, _) in limits {
            self.make_room(now);
            let count = self.counts.entry(*key).or_insert(Count { failures: 0, last: now });
            if now.duration_since(count.last) > MEMORY {
                count.failures = 0;
            }
            count.failures = count.failures.saturating_add(1);
            count.last = now;
        }
        Ok(())
    }

    /// The attempt was none of a guesser: it is taken back, and what is `cleared` begins anew.
    pub(crate) fn succeed(&mut self, taken_back: &[u64], cleared: &[u64]) {
        for key in taken_back {
            if let Some(count) = self.counts.get_mut(key) {
                count.failures = count.failures.saturating_sub(1);
            }
        }
        for key in cleared {
            self.counts.remove(key);
        }
    }

    fn wait(&self, now: Instant, key: u64, rule: Rule) -> Duration {
        let Some(count) = self.counts.get(&key) else { return Duration::ZERO };
        let since = now.duration_since(count.last);
        if since > MEMORY || count.failures < rule.free {
            return Duration::ZERO;
        }
        let doubled = FIRST_WAIT * (1 << (count.failures - rule.free).min(20));
        doubled.min(rule.longest).saturating_sub(since)
    }

    fn make_room(&mut self, now: Instant) {
        if self.counts.len() < MOST {
            return;
        }
        self.counts.retain(|_, count| now.duration_since(count.last) <= MEMORY);
        if self.counts.len() >= MOST {
            // Half at once, so that sorting is seldom.
            let mut times: Vec<Instant> = self.counts.values().map(|count| count.last).collect();
            let (_, middle, _) = times.select_nth_unstable(MOST / 2);
            let middle = *middle;
            self.counts.retain(|_, count| count.last > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: u64 = 1;
    const OFFICE: u64 = 2;
    const BOTH: [(u64, Rule); 2] = [(ANNA, ACCOUNT), (OFFICE, NETWORK)];

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn waits_double_up_to_the_longest_and_refusals_do_not_count() {
        let mut limiter = Limiter::default();
        let mut now = Instant::now();
        for _ in 0..ACCOUNT.free {
            limiter.begin(now, &[(ANNA, ACCOUNT)]).unwrap();
        }
        for expected in [5, 10, 20, 40, 60, 60] {
            for _ in 0..10 {
                assert_eq!(limiter.begin(now, &[(ANNA, ACCOUNT)]), Err(seconds(expected)));
            }
            now += seconds(expected);
            limiter.begin(now, &[(ANNA, ACCOUNT)]).unwrap();
        }
        now += MEMORY + seconds(1);
        for _ in 0..ACCOUNT.free {
            limiter.begin(now, &[(ANNA, ACCOUNT)]).unwrap();
        }
    }

    #[test]
    fn a_network_is_limited_over_many_accounts() {
        let mut limiter = Limiter::default();
        let now = Instant::now();
        for account in 0..u64::from(NETWORK.free) {
            limiter.begin(now, &[(account + 100, ACCOUNT), (OFFICE, NETWORK)]).unwrap();
        }
        assert!(limiter.begin(now, &[(999, ACCOUNT), (OFFICE, NETWORK)]).is_err());
        limiter.begin(now, &[(999, ACCOUNT)]).unwrap();
    }

    #[test]
    fn success_clears_the_account_and_leaves_the_networks_other_failures() {
        let mut limiter = Limiter::default();
        let now = Instant::now();
        for _ in 0..4 {
            limiter.begin(now, &BOTH).unwrap();
        }
        limiter.begin(now, &BOTH).unwrap();
        limiter.succeed(&[OFFICE], &[ANNA]);
        assert!(!limiter.counts.contains_key(&ANNA));
        assert_eq!(limiter.counts[&OFFICE].failures, 4);
    }

    #[test]
    fn a_flood_of_names_takes_no_memory_without_end() {
        let mut limiter = Limiter::default();
        let start = Instant::now();
        for key in 0..100_000 {
            limiter.begin(start + Duration::from_millis(key), &[(key, ACCOUNT)]).unwrap();
        }
        assert!(limiter.counts.len() <= MOST);
        assert!(limiter.counts.contains_key(&99_999), "the newest are kept");
    }
}
