//! Faults of disks and files that a transfer must survive, with real processes, real file systems and
//! a power cut: what was reported as delivered is there, nothing has its own name that is not whole,
//! and a second attempt completes.
//!
//! `AIRLIFT_FAULTS=long` tries every case and takes long; without it some are tried, which a seed picks
//! that is told and can be given again: `AIRLIFT_FAULTS_SEED=…`.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![allow(clippy::print_stderr, reason = "what a case was is shown when it fails")]
#![cfg(target_os = "linux")]

#[path = "faults_disk/below.rs"]
mod below;
#[path = "faults_disk/broken.rs"]
mod broken;
#[path = "faults/cable.rs"]
#[allow(dead_code, reason = "the tests of networks use more of it")]
mod cable;
#[path = "support/chance.rs"]
mod chance;
#[path = "faults_disk/changing.rs"]
mod changing;
#[path = "faults_disk/damaged.rs"]
mod damaged;
#[path = "faults_disk/disk.rs"]
mod disk;
#[path = "faults_disk/dropping.rs"]
mod dropping;
#[path = "faults_disk/folding.rs"]
mod folding;
#[path = "faults_disk/full.rs"]
mod full;
#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the terminal face use more of it")]
mod harness;
#[path = "faults_disk/injected.rs"]
mod injected;
#[path = "faults_disk/journal.rs"]
mod journal;
#[path = "support/loud.rs"]
mod loud;
#[path = "faults_disk/lying.rs"]
mod lying;
#[path = "faults_disk/noting.rs"]
mod noting;
#[path = "faults_disk/parcel.rs"]
mod parcel;
#[path = "faults_disk/power.rs"]
mod power;
#[path = "faults_disk/receiver.rs"]
mod receiver;
#[path = "faults_disk/room.rs"]
mod room;
#[path = "faults_disk/sparse.rs"]
mod sparse;
#[path = "faults_disk/stalled.rs"]
mod stalled;
#[path = "faults_disk/stored.rs"]
mod stored;
#[path = "faults_disk/strange.rs"]
mod strange;
#[path = "faults_disk/unsure.rs"]
mod unsure;
