//! Small messages that make much work: whatever a peer says costs as much as it is long, and no more.

use std::{fs, ops::Range};

use airlift::{
    model::{EntryNo, Outcome},
    wire::{FromReceiver, limits},
};

use super::knobs::{Lies, send};

#[test]
fn p11_an_answer_of_a_hundred_thousand_ranges_costs_what_it_is_long() {
    const FILES: u32 = 200_000;
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("top");
    fs::create_dir(&top).unwrap();
    for nth in 0..FILES {
        fs::write(top.join(nth.to_string()), b"").unwrap();
    }
    // Every second one is stored, and no other is wanted: with a look at all ranges for each, this would not end.
    let every_second = |first: u32| {
        let ranges: Vec<Range<EntryNo>> = (first..=FILES).step_by(2).map(|no| no..no + 1).collect();
        ranges.chunks(limits::EXCEPT_RANGES).map(<[_]>::to_vec).collect::<Vec<_>>()
    };
    let stored = every_second(1).into_iter().map(FromReceiver::Stored);
    let unwanted = every_second(2).into_iter().map(FromReceiver::Except);
    let before = stored.chain(unwanted).collect();
    let (report, _) = send(top, Lies { before, after: vec![FromReceiver::Done], ..Lies::default() });
    assert_eq!(report.outcome, Outcome::Complete);
    assert_eq!((report.files, report.left_out.total()), (u64::from(FILES) / 2, u64::from(FILES) / 2));
}
