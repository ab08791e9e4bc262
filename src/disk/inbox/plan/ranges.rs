//! Sets of entry numbers as ascending ranges.

use std::ops::Range;

use crate::model::EntryNo;

/// Adds a number that is larger than all that are there.
pub fn extend(ranges: &mut Vec<Range<EntryNo>>, no: EntryNo) {
    match ranges.last_mut() {
        Some(last) if last.end == no => last.end += 1,
        _ => ranges.push(no..no + 1),
    }
}

pub fn is_among(ranges: &[Range<EntryNo>], no: EntryNo) -> bool {
    let after = ranges.partition_point(|range| range.start <= no);
    after.checked_sub(1).is_some_and(|at| ranges[at].contains(&no))
}
