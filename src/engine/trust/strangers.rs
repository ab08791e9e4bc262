//! Connections that have not yet said who they are: how many there may be, and who makes room.
//!
//! Knows addresses and times. Must not know what a connection is.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

/// The places for them.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    pub all: usize,
    /// For one address, of connections that have been silent for longer than `moment`.
    pub each: usize,
    pub moment: Duration,
}

/// One that is still unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown<T> {
    pub from: IpAddr,
    pub since: Instant,
    pub connection: T,
}

/// Takes out those that make room for one from that address, the oldest first among their like. Those
/// that are there are in the order in which they came.
///
/// Honest peers may come in a burst, and need a moment. A crowd takes longer, and makes room for others
/// of its own address first; when all places are taken, whichever address has the most of them does.
pub fn make_room<T>(
    there: &mut Vec<Unknown<T>>,
    from: IpAddr,
    now: Instant,
    places: Places,
) -> Vec<Unknown<T>> {
    let mut leaving = Vec::new();
    let is_late = |unknown: &Unknown<T>| now.duration_since(unknown.since) > places.moment;
    while there.iter().filter(|other| other.from == from && is_late(other)).count() >= places.each {
        let Some(oldest) = there.iter().position(|other| other.from == from) else { break };
        leaving.push(there.remove(oldest));
    }
    while there.len() >= places.all {
        let crowd = |other: &Unknown<T>| there.iter().filter(|like| like.from == other.from).count();
        let most = there.iter().map(crowd).max();
        let Some(oldest) = there.iter().position(|other| Some(crowd(other)) == most) else { break };
        leaving.push(there.remove(oldest));
    }
    leaving
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places = Places { all: 8, each: 2, moment: Duration::from_secs(1) };

    fn ip(n: u8) -> IpAddr {
        [10, 0, 0, n].into()
    }

    /// Each comes at its second from its address; who had to leave, by number.
    fn come(all: &[(u8, u64)]) -> Vec<usize> {
        let begin = Instant::now();
        let (mut there, mut left) = (Vec::new(), Vec::new());
        for (number, (from, second)) in all.iter().enumerate() {
            let since = begin + Duration::from_secs(*second);
            left.extend(make_room(&mut there, ip(*from), since, PLACES).into_iter().map(|u| u.connection));
            there.push(Unknown { from: ip(*from), since, connection: number });
            assert!(there.len() <= PLACES.all);
        }
        left
    }

    #[test]
    fn a_burst_from_one_address_has_a_moment_and_then_the_oldest_make_room() {
        assert_eq!(come(&[(1, 0), (1, 0), (1, 0), (1, 0)]), Vec::<usize>::new());
        assert_eq!(come(&[(1, 0), (1, 0), (1, 0), (1, 0), (1, 5)]), [0, 1, 2]);
        assert_eq!(come(&[(1, 0), (1, 0), (2, 5), (2, 5)]), Vec::<usize>::new());
    }

    #[test]
    fn when_all_places_are_taken_the_crowd_makes_room_and_not_who_came_first() {
        let mut all = vec![(1, 0)];
        all.extend([(2, 0); 7]);
        all.extend([(3, 0), (2, 0), (2, 0)]);
        assert_eq!(come(&all), [1, 2, 3]);
    }
}
