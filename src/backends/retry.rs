//! Which errors pass by themselves, and how long we wait for that.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

/// How often something is tried again, and how long apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// How often at most, the first time counted too; at least 1.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles each time.
    pub first_wait: Duration,
    /// The longest wait, also where the other side asks for a longer one.
    pub longest_wait: Duration,
}

impl RetryPolicy {
    /// Five attempts within about eight seconds: a registry that restarts, a proxy that hiccups.
    pub const NETWORK: Self =
        Self { attempts: 5, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(30) };

    /// One attempt.
    pub const ONCE: Self = Self { attempts: 1, first_wait: Duration::ZERO, longest_wait: Duration::ZERO };

    /// How long to wait after failed attempt number `attempt` (from 1); `None` when that was the last one.
    ///
    /// `asked` is what the other side asks for (`Retry-After`). `jitter`, from 0 to 1, spreads clients that failed
    /// together: up to half of the wait is taken off.
    pub fn wait_after(&self, attempt: u32, asked: Option<Duration>, jitter: f64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        if let Some(asked) = asked {
            return Some(asked.min(self.longest_wait));
        }
        let doubled = self.first_wait.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let full = doubled.min(self.longest_wait);
        Some(full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0))
    }
}

/// Whether an HTTP answer with that status says that the same request may work later.
pub fn status_passes(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RetryPolicy;
    use super::status_passes;

    const POLICY: RetryPolicy =
        RetryPolicy { attempts: 4, first_wait: Duration::from_secs(1), longest_wait: Duration::from_secs(3) };

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (1..=4).map(|attempt| POLICY.wait_after(attempt, None, 0.0)).collect();
        let seconds = |count| Some(Duration::from_secs(count));
        assert_eq!(waits, [seconds(1), seconds(2), seconds(3), None]);
        assert_eq!(POLICY.wait_after(1, None, 1.0), Some(Duration::from_millis(500)));
    }

    #[test]
    fn the_other_side_may_ask_for_time_but_not_for_ever() {
        assert_eq!(POLICY.wait_after(1, Some(Duration::from_secs(2)), 0.5), Some(Duration::from_secs(2)));
        assert_eq!(POLICY.wait_after(1, Some(Duration::from_mins(15)), 0.5), Some(Duration::from_secs(3)));
        assert_eq!(POLICY.wait_after(4, Some(Duration::ZERO), 0.5), None);
    }

    #[test]
    fn refusals_do_not_pass() {
        assert_eq!([400, 401, 403, 404, 409, 413, 501].map(status_passes), [false; 7]);
        assert_eq!([408, 429, 500, 502, 503, 504].map(status_passes), [true; 6]);
    }
}
