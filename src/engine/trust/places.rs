//! Who finds a place for what they want to offer: one pure function.
//!
//! Every bound on what others can make this device keep is shared out, so that nobody takes all of it: each device has
//! a share, strangers leave half to those that are known (a quarter where a policy lets everybody in), these leave an
//! eighth to those that are trusted, and strangers, whose keys cost nothing, are counted by address and by network as
//! well. Must not know what is offered.

use std::net::IpAddr;

use crate::{
    model::{DeviceId, Trust},
    wire::limits,
};

/// What is thought of a device here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Stranger,
    Known,
    /// What it offers needs no question.
    Trusted,
}

impl Standing {
    #[must_use]
    pub fn of(trust: Trust) -> Self {
        match trust {
            Trust::Trusted | Trust::Own => Self::Trusted,
            Trust::Known => Self::Known,
            Trust::Stranger | Trust::Blocked => Self::Stranger,
        }
    }

    /// Bytes of the memory for offers that it leaves to others.
    #[must_use]
    pub fn leaves(self) -> u64 {
        if self == Self::Stranger { limits::KEPT_FOR_KNOWN } else { 0 }
    }
}

/// How far what somebody offers has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has said yes to it.
    Undecided,
    Flowing,
    /// Nothing flows of what was accepted.
    Resting,
}

/// One who offers, and where from; `None` where that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub peer: DeviceId,
    pub from: Option<IpAddr>,
    pub standing: Standing,
}

/// Who answers what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A person.
    Asks,
    /// A policy, at once.
    Open,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An earlier offer of the same device is not decided yet.
    Undecided,
    /// All places that it may take are taken by offers.
    Busy,
    /// All places that it may take are taken by what comes, or is to go on.
    Receiving,
    /// Its own share is used up.
    Share,
}

/// Why `coming` finds no place beside what is there, if so.
#[must_use]
pub fn refusal(there: &[(Who, Stage)], coming: &Who, door: Door) -> Option<Refusal> {
    let count =
        |is: &dyn Fn(&Who, Stage) -> bool| there.iter().filter(|(who, stage)| is(who, *stage)).count();
    let is_its = |who: &Who| who.peer == coming.peer;
    let (waiting, each, address) = match (coming.standing, door) {
        (Standing::Trusted, _) => (limits::MAX_WAITING, limits::MAX_WAITING, usize::MAX),
        (_, Door::Asks) => (limits::MAX_QUESTIONS, 1, limits::MAX_QUESTIONS_ADDRESS),
        (_, Door::Open) => (limits::MAX_WAITING - 2, limits::MAX_WAITING_EACH, limits::MAX_WAITING_EACH),
    };
    if count(&|who, stage| is_its(who) && stage == Stage::Undecided) >= each {
        return Some(Refusal::Undecided);
    }
    if count(&|who, stage| is_its(who) && stage == Stage::Flowing) >= limits::MAX_RECEIVING_EACH
        || count(&|who, _| is_its(who)) >= limits::MAX_UNFINISHED_EACH
    {
        return Some(Refusal::Share);
    }
    let is_crowded = coming.standing == Standing::Stranger && {
        let beside = |is_near: fn(IpAddr, IpAddr) -> bool| {
            count(&|who, stage| {
                let pair = who.from.zip(coming.from);
                let is_stranger = who.standing == Standing::Stranger && stage == Stage::Undecided;
                is_stranger && pair.is_none_or(|(one, other)| is_near(one, other))
            })
        };
        // One place is for strangers of another network, and one for whoever is known.
        beside(|one, other| one == other) >= address
            || beside(is_one_network) >= waiting - 2
            || beside(|_, _| true) >= waiting - 1
    };
    let part = |places: usize| match (coming.standing, door) {
        (Standing::Stranger, Door::Asks) => places / 2,
        // A person said that everybody may.
        (Standing::Stranger, Door::Open) => places - places / 4,
        (Standing::Known, _) => places - places / 8,
        (Standing::Trusted, _) => places,
    };
    if is_crowded || count(&|_, stage| stage == Stage::Undecided) >= waiting {
        return Some(Refusal::Busy);
    }
    let is_full = count(&|_, stage| stage != Stage::Resting) >= part(limits::MAX_RECEIVING)
        || there.len() >= part(limits::MAX_UNFINISHED);
    is_full.then_some(Refusal::Receiving)
}

/// Whether whoever has one of these addresses probably can have the other: the usual size of a network of people.
fn is_one_network(one: IpAddr, other: IpAddr) -> bool {
    match (one.to_canonical(), other.to_canonical()) {
        (IpAddr::V4(one), IpAddr::V4(other)) => one.octets()[..3] == other.octets()[..3],
        (IpAddr::V6(one), IpAddr::V6(other)) => one.segments()[..4] == other.segments()[..4],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn who(peer: u8, from: &str, standing: Standing) -> Who {
        Who { peer: DeviceId::of_public_key(&[peer]), from: from.parse().ok(), standing }
    }

    fn stranger(peer: u8, from: &str) -> Who {
        who(peer, from, Standing::Stranger)
    }

    /// Those of the first that find a place, one after the other.
    fn come(all: impl IntoIterator<Item = Who>, stage: Stage, door: Door) -> Vec<(Who, Stage)> {
        let mut there = Vec::new();
        for coming in all {
            if refusal(&there, &coming, door).is_none() {
                there.push((coming, stage));
            }
        }
        there
    }

    #[test]
    fn many_keys_at_one_address_leave_places_for_strangers_at_others() {
        let crowd = (0..50).map(|peer| stranger(peer, "10.0.0.7"));
        let there = come(crowd, Stage::Undecided, Door::Asks);
        assert_eq!(there.len(), limits::MAX_QUESTIONS_ADDRESS);
        assert_eq!(refusal(&there, &stranger(60, "10.0.0.7"), Door::Asks), Some(Refusal::Busy));
        assert_eq!(refusal(&there, &stranger(60, "10.0.0.8"), Door::Asks), None);
        // Whoever is known there is no stranger.
        assert_eq!(refusal(&there, &who(60, "10.0.0.7", Standing::Known), Door::Asks), None);
        // Where nobody is asked there are more.
        let there = come((0..50).map(|peer| stranger(peer, "10.0.0.7")), Stage::Undecided, Door::Open);
        assert_eq!(there.len(), limits::MAX_WAITING_EACH);
        assert_eq!(refusal(&there, &who(60, "10.0.0.7", Standing::Known), Door::Open), None);
    }

    #[test]
    fn strangers_everywhere_leave_a_place_for_whoever_is_known() {
        for door in [Door::Asks, Door::Open] {
            let crowd = (0..200).map(|peer| stranger(peer, &format!("10.0.{peer}.1")));
            let there = come(crowd, Stage::Undecided, door);
            assert!(refusal(&there, &stranger(250, "10.9.9.9"), door).is_some());
            assert_eq!(refusal(&there, &who(250, "10.0.7.1", Standing::Known), door), None);
        }
    }

    #[test]
    fn many_addresses_of_one_network_leave_a_place_for_strangers_of_another() {
        for (network, elsewhere) in [("fe80::1:", "fe80:0:0:1::7"), ("10.0.0.", "10.0.1.7")] {
            let crowd = (1..50).map(|peer| stranger(peer, &format!("{network}{peer}")));
            let there = come(crowd, Stage::Undecided, Door::Asks);
            assert_eq!(there.len(), limits::MAX_QUESTIONS - 2);
            let next = stranger(60, &format!("{network}99"));
            assert_eq!(refusal(&there, &next, Door::Asks), Some(Refusal::Busy));
            assert_eq!(refusal(&there, &stranger(60, elsewhere), Door::Asks), None);
        }
    }

    #[test]
    fn a_device_that_was_accepted_again_and_again_has_its_share_and_others_theirs() {
        for (stage, share) in
            [(Stage::Flowing, limits::MAX_RECEIVING_EACH), (Stage::Resting, limits::MAX_UNFINISHED_EACH)]
        {
            for standing in [Standing::Stranger, Standing::Known, Standing::Trusted] {
                let greedy = who(1, "10.0.0.7", standing);
                let there = come(std::iter::repeat_n(greedy, 1000), stage, Door::Open);
                assert_eq!(there.len(), share);
                assert_eq!(refusal(&there, &greedy, Door::Open), Some(Refusal::Share));
                assert_eq!(refusal(&there, &stranger(2, "10.0.0.7"), Door::Open), None);
            }
        }
    }

    #[test]
    fn a_trusted_device_finds_room_whatever_all_others_together_have_taken() {
        for stage in [Stage::Undecided, Stage::Flowing, Stage::Resting] {
            for door in [Door::Asks, Door::Open] {
                let crowd = (0..=255).flat_map(|peer| {
                    let standing = if peer % 2 == 0 { Standing::Known } else { Standing::Stranger };
                    std::iter::repeat_n(who(peer, &format!("10.0.{peer}.1"), standing), 100)
                });
                let there = come(crowd, stage, door);
                let friend = DeviceId::of_public_key(b"friend");
                let friend = Who { peer: friend, from: None, standing: Standing::Trusted };
                assert_eq!(refusal(&there, &friend, door), None, "{stage:?}, {door:?}");
                assert!(refusal(&there, &Who { standing: Standing::Known, ..friend }, door).is_some());
            }
        }
    }

    #[test]
    fn twenty_strangers_at_once_find_places_where_everybody_is_let_in_and_whoever_is_known_finds_one_after_them()
     {
        let crowd = (0..50).map(|peer| stranger(peer, "10.0.0.7"));
        let there = come(crowd, Stage::Flowing, Door::Open);
        assert!((20..limits::MAX_RECEIVING).contains(&there.len()), "{}", there.len());
        assert_eq!(refusal(&there, &stranger(60, "10.0.1.8"), Door::Open), Some(Refusal::Receiving));
        assert_eq!(refusal(&there, &who(60, "10.0.0.7", Standing::Known), Door::Open), None);
    }

    #[test]
    fn an_offer_that_waits_is_the_only_one_of_its_device_where_a_person_is_asked() {
        let anna = who(1, "10.0.0.7", Standing::Known);
        let there = [(anna, Stage::Undecided)];
        assert_eq!(refusal(&there, &anna, Door::Asks), Some(Refusal::Undecided));
        assert_eq!(refusal(&there, &anna, Door::Open), None);
        let trusted = Who { standing: Standing::Trusted, ..anna };
        assert_eq!(refusal(&there, &trusted, Door::Asks), None);
    }

    proptest! {
        #[test]
        fn no_crowd_whatever_takes_more_than_there_is(
            crowd in prop::collection::vec((0u8..40, 0u8..4, 0u8..3, 0u8..3), 0..600)
        ) {
            let mut there: Vec<(Who, Stage)> = Vec::new();
            for (peer, from, standing, stage) in crowd {
                let standing = [Standing::Stranger, Standing::Known, Standing::Trusted][usize::from(standing)];
                let stage = [Stage::Undecided, Stage::Flowing, Stage::Resting][usize::from(stage)];
                let coming = who(peer, &format!("10.0.{}.{from}", from % 2), standing);
                if refusal(&there, &coming, Door::Asks).is_none() {
                    there.push((coming, stage));
                }
            }
            let count = |is: &dyn Fn(&Who, Stage) -> bool| there.iter().filter(|(who, stage)| is(who, *stage)).count();
            prop_assert!(there.len() <= limits::MAX_UNFINISHED);
            prop_assert!(count(&|_, stage| stage != Stage::Resting) <= limits::MAX_RECEIVING);
            prop_assert!(count(&|_, stage| stage == Stage::Undecided) <= limits::MAX_WAITING);
        }
    }
}
