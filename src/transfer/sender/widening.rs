//! How many content connections a transfer should have, found out while it runs.
//!
//! One fills most links. Where packets get lost on a long way, or the link is faster than one
//! connection's processor, more are faster: so when the network limits a transfer, their number is
//! doubled, and stays doubled if that has helped. Pure: told the time and the progress, it says
//! what to do.

use std::time::{Duration, Instant};

use crate::{model::Bottleneck, wire::limits};

/// A rate is measured over this long: some round trips even on a slow link.
const WINDOW: Duration = Duration::from_millis(600);
/// What a new connection is given to come to its speed.
const SETTLE: Duration = Duration::from_millis(400);
/// Doubling must gain this much to be kept: a share of a link taken from others is no gain.
const GAIN: f64 = 1.25;
/// After an attempt that gained nothing, and twice as long after the next. One attempt proves
/// little where packets get lost by chance, and links change: Wi-Fi, when somebody moves.
const REST: Duration = Duration::from_secs(4);
const LONGEST_REST: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Nothing,
    /// Open so many more; tell [`Widening::opened`].
    Open(usize),
    /// Use so many again that were retired.
    Resume(usize),
    /// So many of the last ones are of no use.
    Retire(usize),
}

#[derive(Debug)]
pub struct Widening {
    /// In use.
    lanes: usize,
    /// In use or retired.
    connected: usize,
    /// After the next attempt that gains nothing.
    rest: Duration,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Measuring with the connections there are.
    Watching {
        since: Instant,
        bytes: u64,
    },
    /// Connections are being opened.
    Opening {
        before: f64,
    },
    /// They come to their speed.
    Settling {
        until: Instant,
        before: f64,
        added: usize,
    },
    /// Measuring whether they help.
    Trying {
        since: Instant,
        bytes: u64,
        before: f64,
        added: usize,
    },
    Resting {
        until: Instant,
    },
}

impl Widening {
    pub fn new(now: Instant) -> Self {
        Self { lanes: 1, connected: 1, rest: REST, phase: Phase::Watching { since: now, bytes: 0 } }
    }

    /// Connections were opened: as many as worked.
    pub fn opened(&mut self, now: Instant, added: usize) {
        if let Phase::Opening { before } = self.phase {
            self.lanes += added;
            self.connected = self.connected.max(self.lanes);
            self.phase = match added {
                0 => Phase::Resting { until: now + LONGEST_REST },
                _ => Phase::Settling { until: now + SETTLE, before, added },
            };
        }
    }

    /// What to do now, when so many bytes have arrived and this limits the transfer.
    pub fn step(&mut self, now: Instant, bytes: u64, limited_by: Option<Bottleneck>) -> Act {
        match self.phase {
            Phase::Watching { since, bytes: from } if now.duration_since(since) >= WINDOW => {
                let rate = rate(now - since, bytes.saturating_sub(from));
                if limited_by == Some(Bottleneck::Network) && rate > 0.0 {
                    return self.double(now, bytes, rate);
                }
                self.phase = Phase::Watching { since: now, bytes };
            }
            Phase::Settling { until, before, added } if now >= until => {
                self.phase = Phase::Trying { since: now, bytes, before, added };
            }
            Phase::Trying { since, bytes: from, before, added } if now.duration_since(since) >= WINDOW => {
                let after = rate(now - since, bytes.saturating_sub(from));
                let helped = after >= before * GAIN;
                tracing::info!(
                    lanes = self.lanes,
                    before,
                    after,
                    helped,
                    "more content connections were tried"
                );
                if helped {
                    self.rest = REST;
                    return self.double(now, bytes, after);
                }
                self.lanes -= added;
                self.phase = Phase::Resting { until: now + self.rest };
                self.rest = LONGEST_REST.min(self.rest * 2);
                return Act::Retire(added);
            }
            Phase::Resting { until } if now >= until => self.phase = Phase::Watching { since: now, bytes },
            _ => {}
        }
        Act::Nothing
    }

    /// Twice as many, as far as that is allowed.
    fn double(&mut self, now: Instant, bytes: u64, before: f64) -> Act {
        let more = self.lanes.min(limits::MAX_LANES - self.lanes);
        if more == 0 {
            self.phase = Phase::Watching { since: now, bytes };
            return Act::Nothing;
        }
        self.phase = Phase::Opening { before };
        match self.connected - self.lanes {
            0 => Act::Open(more),
            idle => {
                let some = more.min(idle);
                self.opened(now, some);
                Act::Resume(some)
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(time: Duration, bytes: u64) -> f64 {
    bytes as f64 / time.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;

    /// Runs for two minutes over a link that gives `rate` bytes a second to so many connections.
    /// Returns how many there were at the end, and how often some were opened.
    fn run(rate: impl Fn(usize, u64) -> u64, limited_by: Bottleneck) -> (usize, usize) {
        let start = Instant::now();
        let mut widening = Widening::new(start);
        let (mut bytes, mut lanes, mut connected, mut openings) = (0, 1, 1, 0);
        for tick in 1..480 {
            let now = start + limits::LOAD * tick;
            bytes += rate(lanes, u64::from(tick) / 4) / 4;
            match widening.step(now, bytes, Some(limited_by)) {
                Act::Open(more) => {
                    assert_eq!(lanes, connected, "none is opened while one is idle");
                    lanes += more;
                    connected += more;
                    openings += 1;
                    widening.opened(now, more);
                }
                Act::Resume(some) => {
                    lanes += some;
                    assert!(lanes <= connected, "none is resumed that isn't there");
                }
                Act::Retire(some) => lanes -= some,
                Act::Nothing => {}
            }
            assert!(lanes >= 1 && connected <= limits::MAX_LANES);
        }
        (lanes, openings)
    }

    #[test]
    fn a_link_that_one_connection_fills_gets_one_and_is_seldom_tried_again() {
        let (lanes, openings) = run(|_, _| 117_000_000, Bottleneck::Network);
        assert_eq!(lanes, 1);
        assert_eq!(openings, 1, "the same one is tried again");
    }

    #[test]
    fn a_link_that_gives_each_connection_its_share_gets_all_there_may_be() {
        let (lanes, openings) = run(|lanes, _| lanes as u64 * 1_000_000, Bottleneck::Network);
        assert_eq!((lanes, openings), (limits::MAX_LANES, 3));
    }

    #[test]
    fn what_helps_up_to_a_point_is_taken_to_that_point() {
        let (lanes, _) = run(|lanes, _| lanes.min(2) as u64 * 50_000_000, Bottleneck::Network);
        assert_eq!(lanes, 2);
    }

    #[test]
    fn connections_are_not_opened_for_what_the_network_does_not_limit() {
        let disk = run(|lanes, _| lanes as u64, Bottleneck::Disk(Side::There));
        assert_eq!(disk, (1, 0));
        assert_eq!(run(|lanes, _| lanes as u64, Bottleneck::Limit(Side::Here)), (1, 0));
    }

    #[test]
    fn a_link_that_turns_bad_is_tried_again_later() {
        let turning = |lanes: usize, second| if second < 30 { 50_000_000 } else { lanes as u64 * 500_000 };
        assert_eq!(run(turning, Bottleneck::Network).0, limits::MAX_LANES);
    }

    #[test]
    fn when_none_can_be_opened_it_goes_on_with_what_there_is() {
        let start = Instant::now();
        let mut widening = Widening::new(start);
        let act = widening.step(start + WINDOW, 1_000, Some(Bottleneck::Network));
        assert_eq!(act, Act::Open(1));
        widening.opened(start + WINDOW, 0);
        assert_eq!(widening.step(start + WINDOW * 3, 3_000, Some(Bottleneck::Network)), Act::Nothing);
    }
}
