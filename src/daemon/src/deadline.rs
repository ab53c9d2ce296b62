//! The time in which a client has to do something: one timer for each connection.
//!
//! A deadline moves with every request, and a timer is dear to move. So the timer stays where it is while
//! the deadline moves away from it; when it fires too early, it is set anew. Between two requests of a busy
//! client nothing happens but a comparison.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// A time that can be moved; at first there is none. Must be used in a tokio runtime with time.
#[derive(Default)]
pub(crate) struct Deadline {
    due: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Moves it; with none it never passes.
    pub(crate) fn set(&mut self, due: Option<Instant>) {
        self.due = due;
        let Some(due) = due else { return };
        match &mut self.timer {
            Some(timer) if timer.deadline() > due => timer.as_mut().reset(due),
            Some(_) => {}
            None => self.timer = Some(Box::pin(sleep_until(due))),
        }
    }

    /// Ready once it has passed.
    pub(crate) fn poll_passed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (Some(due), Some(timer)) = (self.due, &mut self.timer) else { return Poll::Pending };
        loop {
            ready!(timer.as_mut().poll(context));
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due);
        }
    }

    /// Returns once it has passed.
    pub(crate) async fn passed(&mut self) {
        std::future::poll_fn(|context| self.poll_passed(context)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn takes(deadline: &mut Deadline) -> u64 {
        let start = Instant::now();
        deadline.passed().await;
        start.elapsed().as_secs()
    }

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn it_passes_at_the_time_set_last() {
        let mut deadline = Deadline::default();
        for seconds in [10, 100, 3, 50] {
            deadline.set(Some(after(1000)));
            deadline.set(Some(after(seconds)));
            assert_eq!(takes(&mut deadline).await, seconds);
        }
        deadline.set(Some(after(5)));
        deadline.set(None);
        let never = tokio::time::timeout(Duration::from_secs(1_000_000), deadline.passed()).await;
        assert!(never.is_err());
    }
}
