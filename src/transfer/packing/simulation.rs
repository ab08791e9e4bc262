//! [`Thrift`] against a simulated transfer: a thread that packs, a ring of chunks, a buffer of the
//! system, a network, and a receiver.

use std::{collections::VecDeque, time::Duration};

use proptest::prelude::*;

use super::thrift::{Level, Limit, Look, Thrift, Tried};
use crate::model::EntryNo;

const CHUNK: usize = 256 * 1024;
const RING: usize = 8;
const SOCKET: f64 = 1e6;
const LOOK: f64 = 0.25;
const GIGABIT: f64 = 118e6;

/// What the data shrink to at each level.
type Ratios = [f64; 4];
const TEXT: Ratios = [0.30, 0.28, 0.26, 0.25];
const RANDOM: Ratios = [1.0; 4];

struct World<N> {
    /// Bytes each second that the network takes, at a time.
    network: N,
    /// Bytes of content each second that the receiver takes.
    receiver: f64,
    /// Seconds for each byte of reading, hashing and encrypting.
    work: f64,
    /// Seconds for each byte at each level.
    packing: [f64; 4],
}

impl<N: Fn(f64) -> f64> World<N> {
    fn with(network: N) -> Self {
        Self { network, receiver: f64::MAX, work: 0.7e-9, packing: [2.5e-9, 4e-9, 10e-9, 20e-9] }
    }
}

#[derive(Default)]
struct Course {
    seconds: f64,
    content: f64,
    chunks: usize,
    tries: usize,
    /// The level in use at each look.
    levels: Vec<Option<Level>>,
}

impl Course {
    fn rate(&self) -> f64 {
        self.content / self.seconds
    }

    fn last(&self) -> Option<i32> {
        self.levels.last().unwrap().map(Level::zstd)
    }

    /// The share of looks at which content was packed.
    fn packed(&self) -> f64 {
        let packed = self.levels.iter().flatten().count();
        f64::from(u32::try_from(packed).unwrap()) / f64::from(u32::try_from(self.levels.len()).unwrap())
    }
}

/// Moves data, given as entry, length and what it shrinks to.
fn run<N: Fn(f64) -> f64>(
    world: &World<N>,
    data: impl IntoIterator<Item = (EntryNo, usize, Ratios)>,
) -> Course {
    let (mut thrift, mut course) = (Thrift::default(), Course::default());
    let (mut now, mut waited, mut looked) = (0.0, 0.0, 0.0);
    // When chunks leave the ring; what the network has carried by when.
    let (mut ring, mut carried) = (VecDeque::from([0.0; RING]), VecDeque::from([(0.0, 0.0)]));
    let (mut wire, mut done) = (0.0, 0.0f64);
    for (entry, len, ratios) in data {
        let free: f64 = ring.pop_front().unwrap();
        if free > now {
            waited += free - now;
            now = free;
        }
        let size = f64::from(u32::try_from(len).unwrap());
        now += world.work * size;
        let level = thrift.choose(entry, len);
        let mut packed = size;
        course.chunks += 1;
        if let Some(level) = level {
            let at = [1, 3, 6, 9].iter().position(|&zstd| zstd == level.zstd()).unwrap();
            let shrinks = ratios[at] < 0.875;
            let took = size * if shrinks { world.packing[at] } else { 0.2e-9 };
            now += took;
            packed *= if shrinks { ratios[at] } else { 1.0 };
            course.tries += 1;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a chunk")]
            let to = shrinks.then_some(packed as usize);
            thrift.learn(&Tried {
                entry,
                level,
                bytes: len,
                packed: to,
                took: Duration::from_secs_f64(took),
            });
        }
        wire += packed;
        while carried.len() > 1 && carried[1].0 <= wire - SOCKET {
            carried.pop_front();
        }
        let room = carried.iter().find(|(bytes, _)| *bytes >= wire - SOCKET).map_or(done, |(_, at)| *at);
        let left = now.max(room).max(ring.back().copied().unwrap());
        ring.push_back(left);
        done = done.max(left);
        done += (packed / (world.network)(done)).max(size / world.receiver);
        carried.push_back((wire, done));
        course.content += size;
        if now - looked >= LOOK {
            let took = now - looked;
            let limit = if waited > took * 0.1 { Limit::Network } else { Limit::Other };
            let (took, stood) = (Duration::from_secs_f64(took), Duration::from_secs_f64(waited));
            thrift.look(Look { took, limit, waited: stood });
            course.levels.push(thrift.level());
            (looked, waited) = (now, 0.0);
        }
    }
    course.seconds = done.max(now);
    course
}

/// One file of so many chunks.
fn file(chunks: usize, ratios: Ratios) -> impl Iterator<Item = (EntryNo, usize, Ratios)> {
    std::iter::repeat_n((0, CHUNK, ratios), chunks)
}

#[test]
fn a_network_that_is_faster_than_packing_is_left_alone() {
    for network in [(|_| 1.2e9) as fn(f64) -> f64, |_| 1e12] {
        let course = run(&World::with(network), file(40_000, TEXT));
        assert_eq!(course.tries, 0);
    }
}

#[test]
fn text_goes_faster_over_a_gigabit() {
    let course = run(&World::with(|_| GIGABIT), file(20_000, TEXT));
    assert!(course.rate() > 2.0 * GIGABIT, "{} MB/s", course.rate() / 1e6);
    assert!(course.packed() > 0.9);
}

#[test]
fn a_slow_network_leaves_time_for_a_high_level() {
    let course = run(&World::with(|_| 1.25e6), file(2000, TEXT));
    assert_eq!(course.last(), Some(9));
    assert!(course.rate() > 3.4 * 1.25e6, "{} MB/s", course.rate() / 1e6);
}

#[test]
fn random_data_are_hardly_ever_tried() {
    let world = World::with(|_| GIGABIT);
    for data in [
        file(8000, RANDOM).collect::<Vec<_>>(),
        (0..50_000).map(|entry| (entry, 16 * 1024, RANDOM)).collect(),
    ] {
        let course = run(&world, data);
        assert!(course.tries > 0 && course.tries * 100 < course.chunks, "{} tries", course.tries);
        assert!(course.rate() > 0.99 * GIGABIT);
    }
}

#[test]
fn a_network_that_changes_is_followed() {
    // A gigabit; then ten times faster; then a tenth of a gigabit.
    let network = |at| {
        if at < 10.0 {
            GIGABIT
        } else if at < 30.0 {
            1.2e9
        } else {
            GIGABIT / 10.0
        }
    };
    let course = run(&World::with(network), file(120_000, TEXT));
    let at = |second: usize| course.levels[second * 4];
    assert!(at(7).is_some());
    assert_eq!(at(29), None);
    assert!(course.last().is_some_and(|level| level >= 6));
}

#[test]
fn a_slow_receiver_is_not_taken_for_a_slow_network() {
    let world = World { receiver: 100e6, ..World::with(|_| 1.2e9) };
    let course = run(&world, file(20_000, TEXT));
    assert!(course.rate() > 0.98 * 100e6);
    assert!(course.packed() < 0.2, "{}", course.packed());
    // The receiver becomes slow on the way when its buffers are full: the network was faster.
    let world = World { receiver: 60e6, ..World::with(|_| GIGABIT) };
    assert!(run(&world, file(20_000, TEXT)).packed() < 0.2);
}

#[test]
fn a_slow_processor_packs_only_what_it_can() {
    for slower in [2.0, 4.0, 8.0, 16.0, 32.0] {
        let mut world = World::with(|_| GIGABIT);
        world.packing = world.packing.map(|seconds| seconds * slower);
        let course = run(&world, file(20_000, TEXT));
        assert!(course.rate() > 0.97 * GIGABIT, "{slower}: {} MB/s", course.rate() / 1e6);
    }
}

#[test]
fn the_best_level_is_found_and_kept() {
    // What each level would bring on its own; the course must come close to the best.
    for network in
        [(|_| 5e6) as fn(f64) -> f64, |_| 12e6, |_| 25e6, |_| 60e6, |_| 118e6, |_| 200e6, |_| 290e6]
    {
        let world = World::with(network);
        let rates = world.packing.iter().zip(TEXT);
        let best = rates.map(|(seconds, ratio)| (1.0 / (seconds + world.work)).min(network(0.0) / ratio));
        let best = best.fold(network(0.0), f64::max);
        let course = run(&world, file(40_000, TEXT));
        let reached = course.rate() / best;
        assert!(reached > 0.9, "{reached} of {} MB/s over {} MB/s", best / 1e6, network(0.0) / 1e6);
    }
}

#[test]
fn mixed_files_go_as_fast_as_their_parts() {
    let world = World::with(|_| GIGABIT);
    // A photograph of 3 MB, then ten small texts and a large one, again and again.
    let data = (0..300).flat_map(|folder| {
        let photograph = std::iter::repeat_n((folder * 12, CHUNK, RANDOM), 12);
        let small = (1..=10).map(move |n| (folder * 12 + n, 4096, TEXT));
        let large = std::iter::repeat_n((folder * 12 + 11, CHUNK, TEXT), 12);
        photograph.chain(small).chain(large)
    });
    let course = run(&world, data);
    // Half of it goes at the network's pace, half at about a third of its size.
    assert!(course.rate() > 1.4 * GIGABIT, "{} MB/s", course.rate() / 1e6);
}

#[test]
fn nothing_that_is_told_breaks_it() {
    let mut thrift = Thrift::default();
    let nothing = Look { took: Duration::ZERO, limit: Limit::Network, waited: Duration::ZERO };
    thrift.look(nothing);
    thrift.look(Look { took: Duration::MAX, ..nothing });
    assert_eq!(thrift.choose(EntryNo::MAX, usize::MAX), None);
    thrift.look(Look { waited: Duration::MAX, ..nothing });
    assert_eq!(thrift.choose(0, 0), None);
}

/// A network that has the whole rate only at the best of times.
fn swinging(rate: f64, swing: f64, period: f64) -> impl Fn(f64) -> f64 {
    move |at| rate * (1.0 - swing * f64::midpoint(1.0, (at / period).sin()))
}

/// How much faster 400 files go, of eight of which so many are random, and the rate of plain ones.
fn gain<N: Fn(f64) -> f64>(world: &World<N>, ratio: f64, random: u32) -> (f64, f64) {
    let data = |ratios: Ratios| {
        (0..400).flat_map(move |entry| {
            let ratios = if entry % 8 < random { RANDOM } else { ratios };
            std::iter::repeat_n((entry, CHUNK, ratios), 20)
        })
    };
    let course = run(world, data([ratio, ratio * 0.97, ratio * 0.92, ratio * 0.9]));
    let plain = run(world, data(RANDOM)).rate();
    (course.rate() / plain, plain)
}

#[test]
fn a_network_that_has_become_faster_than_packing_is_noticed() {
    // Packing begins while the network is slow, holds it up soon after, and never waits for it.
    let mut world = World { receiver: 450e6, work: 0.5e-9, ..World::with(swinging(220e6, 0.8, 2.5)) };
    world.packing = world.packing.map(|seconds| seconds * 4.4);
    let (gain, _) = gain(&world, 0.15, 0);
    assert!(gain > 0.85, "{gain}");
}

#[test]
fn waiting_for_what_does_not_shrink_is_no_time_to_pack_the_rest() {
    // Every other 20 MB are random, which is more than the ring and the buffers hold: the network
    // is waited for there alone, and waits itself where content is packed.
    let mut world = World { receiver: 570e6, work: 0.5e-9, ..World::with(swinging(280e6, 0.65, 2.4)) };
    world.packing = world.packing.map(|seconds| seconds * 2.5);
    let (gain, _) = gain(&world, 0.05, 4);
    assert!(gain > 0.85, "{gain}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nowhere_does_it_make_a_transfer_much_slower(
        network in 5.7f64..9.3,
        receiver in 6.5f64..9.3,
        work in 0.5f64..3.0,
        slower in 0.5f64..20.0,
        ratio in 0.05f64..1.0,
        swing in 0.0f64..0.8,
        period in 0.3f64..20.0,
        random in 0u32..8,
    ) {
        let mut world = World::with(swinging(10f64.powf(network), swing, period));
        world.receiver = 10f64.powf(receiver);
        world.work = work * 1e-9;
        world.packing = world.packing.map(|seconds| seconds * slower);
        let (gain, plain) = gain(&world, ratio, random);
        prop_assert!(gain > 0.85, "{gain} of {} MB/s", plain / 1e6);
    }
}
