//! What limits a transfer, told from where the time of both ends goes.
//!
//! Content goes from thread to thread through bounded rings, so all wait for the slowest. The
//! slowest is the one that itself hardly waits for another.

use std::time::Duration;

use crate::model::{Bottleneck, Direction, Side, Times, Work};

/// A thread that is at work for less than this share of the time limits nothing.
const BUSY: f64 = 0.5;

/// What limited a transfer while `times` were spent, both ends' together, over `lanes` content
/// connections; `None` when nothing did for most of the time.
pub fn verdict(times: &Times, lanes: u32, elapsed: Duration, direction: Direction) -> Option<Bottleneck> {
    let (sender, receiver) = match direction {
        Direction::Send => (Side::Here, Side::There),
        Direction::Receive => (Side::There, Side::Here),
    };
    let elapsed = elapsed.as_secs_f64();
    if elapsed <= 0.0 {
        return None;
    }
    let lanes = f64::from(lanes.max(1));
    let one = |work| times.of(work).as_secs_f64() / elapsed;
    let each = |work| one(work) / lanes;
    // Either end alone waits for the network also when it is the other end that is slow.
    let network = each(Work::Send).min(each(Work::Receive));
    let threads = [
        vec![
            (Bottleneck::Disk(sender), one(Work::Read)),
            (Bottleneck::Input(sender), one(Work::Input)),
            (Bottleneck::Processor(sender), one(Work::Hash)),
        ],
        vec![
            (Bottleneck::Processor(sender), each(Work::Encrypt)),
            (Bottleneck::Limit(sender), each(Work::SendLimit)),
            (Bottleneck::Network, network),
        ],
        vec![
            (Bottleneck::Processor(receiver), each(Work::Decrypt)),
            (Bottleneck::Limit(receiver), each(Work::ReceiveLimit)),
            (Bottleneck::Network, network),
        ],
        vec![
            (Bottleneck::Processor(receiver), each(Work::Check)),
            (Bottleneck::Disk(receiver), each(Work::Write)),
        ],
        vec![(Bottleneck::Disk(receiver), one(Work::Store))],
    ];
    let busy = |thread: &Vec<(Bottleneck, f64)>| thread.iter().map(|(_, share)| share).sum::<f64>();
    let slowest = threads.into_iter().max_by(|a, b| busy(a).total_cmp(&busy(b)))?;
    if busy(&slowest) < BUSY {
        return None;
    }
    slowest.into_iter().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(what, _)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of a second.
    type Parts<'a> = &'a [(Work, u64)];

    fn told(parts: Parts<'_>, lanes: u32) -> Option<Bottleneck> {
        let mut times = Times::default();
        for (work, millis) in parts {
            times.set(*work, Duration::from_millis(*millis));
        }
        verdict(&times, lanes, Duration::from_secs(1), Direction::Send)
    }

    #[test]
    fn the_slowest_of_both_ends_is_named() {
        use Bottleneck::{Disk, Input, Limit, Network, Processor};
        use Side::{Here, There};
        let cases: [(Parts<'_>, Option<Bottleneck>); 10] = [
            (&[], None),
            (&[(Work::Read, 900), (Work::Send, 20), (Work::Receive, 950)], Some(Disk(Here))),
            (&[(Work::Input, 990), (Work::Receive, 990)], Some(Input(Here))),
            (&[(Work::Read, 450), (Work::Hash, 500), (Work::Receive, 800)], Some(Processor(Here))),
            (&[(Work::Read, 50), (Work::Send, 950), (Work::Receive, 940)], Some(Network)),
            (&[(Work::Send, 900), (Work::Write, 800), (Work::Check, 100)], Some(Disk(There))),
            (&[(Work::Send, 900), (Work::Write, 100), (Work::Check, 800)], Some(Processor(There))),
            (&[(Work::Send, 900), (Work::Store, 950)], Some(Disk(There))),
            (&[(Work::SendLimit, 900), (Work::Receive, 950)], Some(Limit(Here))),
            (&[(Work::ReceiveLimit, 900), (Work::Send, 950)], Some(Limit(There))),
        ];
        for (parts, expected) in cases {
            assert_eq!(told(parts, 1), expected, "{parts:?}");
        }
    }

    #[test]
    fn the_times_of_several_connections_are_shared_out() {
        let parts = [(Work::Read, 700), (Work::Send, 2400), (Work::Receive, 2400)];
        assert_eq!(told(&parts, 4), Some(Bottleneck::Disk(Side::Here)));
        assert_eq!(told(&parts, 3), Some(Bottleneck::Network));
    }

    #[test]
    fn each_side_names_the_same_thing_from_where_it_stands() {
        let mut times = Times::default();
        times.set(Work::Write, Duration::from_secs(1));
        let second = Duration::from_secs(1);
        assert_eq!(verdict(&times, 1, second, Direction::Receive), Some(Bottleneck::Disk(Side::Here)));
        assert_eq!(verdict(&times, 1, second, Direction::Send), Some(Bottleneck::Disk(Side::There)));
        assert_eq!(verdict(&times, 1, Duration::ZERO, Direction::Send), None);
    }
}
