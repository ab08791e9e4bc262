//! How long each step of a scan may take.

use std::time::Duration;

/// Real times by default; tests have shorter ones.
#[derive(Clone, Debug)]
pub struct Patience {
    /// For a connection over TCP, which can't be broken off.
    pub connect: Duration,
    /// For something small to be answered.
    pub step: Duration,
    /// For one who is too busy to take a connection at all.
    pub busy: Duration,
    /// For one who takes connections and does not answer: loading its signatures takes tens of seconds.
    pub loading: Duration,
    /// The same, while it has been waited for that long before.
    pub loading_still: Duration,
    /// Beyond the scanner's own time limit, after which it gives up by itself.
    pub beyond: Duration,
    /// Where it has no such limit.
    pub endless: Duration,
    /// For a place among those who may ask.
    pub queue: Duration,
    /// For which it is believed of a scanner that it is away, before it is looked for again.
    pub away: Duration,
    /// For which it is believed to be well without having answered.
    pub fresh: Duration,
    /// Bytes a second that a file flows to it at least, on the whole.
    pub slowest: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            step: Duration::from_secs(10),
            busy: Duration::from_mins(1),
            loading: Duration::from_secs(90),
            loading_still: Duration::from_secs(2),
            beyond: Duration::from_secs(10),
            endless: Duration::from_mins(10),
            queue: Duration::from_mins(15),
            away: Duration::from_secs(10),
            fresh: Duration::from_secs(30),
            slowest: 1_000_000,
        }
    }
}
