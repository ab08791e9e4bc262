//! Parts of sentences: who, how much, how fast, where.
//!
//! Knows numbers and names. Must not know what is told with them.

use std::path::Path;

use crate::model::{DeviceId, EntryKind, Peer, Progress, Report, Side, Summary, Transfer, TransferId, text};

/// Lists longer than this are cut: a screen is not a log.
pub const LISTED: usize = 20;

/// A line, and whether it tells what went well or what did not, or is of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Told(String),
    Wrong(String),
    Words(String),
}

/// `42%, 1.20 GB of 2.15 GB, 84.6 MB/s, 12 s left, limited by the network, photos/a.jpg`, without
/// what isn't known.
#[must_use]
pub fn progress(progress: &Progress) -> String {
    let mut parts = Vec::new();
    if let Some(fraction) = progress.fraction() {
        parts.push(format!("{:.0}%", (fraction * 100.0).floor()));
    }
    parts.push(flow(progress));
    parts.extend(limit(progress));
    if let Some(file) = &progress.file {
        parts.push(file.clone());
    }
    parts.join(", ")
}

/// `1.20 GB of 2.15 GB, 84.6 MB/s, 12 s left`.
#[must_use]
pub fn flow(progress: &Progress) -> String {
    let mut parts = vec![amount(progress.bytes, progress.total)];
    if progress.rate >= 1.0 {
        parts.push(text::rate(progress.rate));
    }
    if let Some(left) = progress.time_left() {
        parts.push(format!("{} left", text::duration(left)));
    }
    parts.join(", ")
}

/// `limited by the network`, or what has stalled; `None` while that can't be told.
#[must_use]
pub fn limit(progress: &Progress) -> Option<String> {
    match (progress.checking, progress.stalled) {
        (Some(Side::Here), _) => Some("checking for viruses…".to_owned()),
        (Some(Side::There), _) => Some("the other device checks for viruses…".to_owned()),
        (None, Some(side)) => Some(stalled(side).to_owned()),
        (None, None) => progress.limited_by.map(|limit| format!("limited by {}", limit.name())),
    }
}

/// What is waited for that does not answer.
fn stalled(side: Side) -> &'static str {
    match side {
        Side::Here => "waiting for this device’s disk, which does not answer",
        Side::There => "waiting for the other device’s disk, which does not answer",
    }
}

/// `1.20 GB of 2.15 GB`, or `1.20 GB` while the end isn't known.
#[must_use]
pub fn amount(bytes: u64, total: Option<u64>) -> String {
    match total {
        Some(total) => format!("{} of {}", text::bytes(bytes), text::bytes(total)),
        None => text::bytes(bytes),
    }
}

/// `Anna’s laptop (K3QF-7A2M, 192.168.1.20)`; without the address where it is its name that was typed.
#[must_use]
pub fn who(peer: &Peer) -> String {
    let id = peer.id.as_ref().map(DeviceId::short);
    match (&peer.name, id) {
        (Some(name), Some(id)) if name.as_str() == peer.address => format!("{name} ({id})"),
        (Some(name), Some(id)) => format!("{name} ({id}, {})", peer.address),
        (Some(name), None) => format!("{name} ({})", peer.address),
        (None, Some(id)) => format!("{} ({id})", peer.address),
        (None, None) => peer.address.clone(),
    }
}

pub fn place(folder: &Path, free: Option<u64>) -> String {
    match free {
        Some(free) => format!("{} ({} free)", folder.display(), text::bytes(free)),
        None => folder.display().to_string(),
    }
}

/// The beginning of an id, long enough to be read and typed.
#[must_use]
pub fn short(id: TransferId) -> String {
    id.to_string()[..8].to_owned()
}

pub fn notes(t: &Transfer) -> impl Iterator<Item = String> {
    t.notes.iter().take(LISTED).cloned().chain(and_more(t.notes.len() as u64, t.notes.len()))
}

/// What was cut off a list of which `known` items are at hand.
pub fn and_more(all: u64, known: usize) -> Option<String> {
    let more = all.saturating_sub(known.min(LISTED) as u64);
    (more > 0).then(|| format!("  and {}", text::count(more, "more", "more")))
}

pub fn top(summary: &Summary) -> Vec<String> {
    let mut lines: Vec<_> = summary
        .top
        .iter()
        .take(LISTED)
        .map(|item| match item.kind {
            EntryKind::Folder => format!("{}/", item.name),
            EntryKind::File { size: Some(size), .. } => format!("{}  {}", item.name, text::bytes(size)),
            EntryKind::File { size: None, .. } => format!("{}  of unknown size", item.name),
        })
        .collect();
    let more = (summary.top.len() - lines.len()) as u64 + summary.more;
    if more > 0 {
        lines.push(format!("and {}", text::count(more, "more", "more")));
    }
    lines
}

pub fn size_of(report: &Report) -> String {
    format!("{}, {}", text::count(report.files, "file", "files"), text::bytes(report.bytes))
}

/// ` (84.6 MB/s)`; nothing where too little was moved to speak of a rate.
pub fn pace(report: &Report) -> String {
    report.rate().map_or_else(String::new, |rate| format!(" ({})", text::rate(rate)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Bottleneck;

    #[test]
    fn progress_says_only_what_is_known() {
        let known = Progress {
            bytes: 1_200_000_000,
            total: Some(2_150_000_000),
            file: Some("a/b".to_owned()),
            rate: 84_600_000.0,
            ..Progress::default()
        };
        assert_eq!(progress(&known), "55%, 1.20 GB of 2.15 GB, 84.6 MB/s, 12 s left, a/b");
        let limited = Progress { limited_by: Some(Bottleneck::Disk(Side::There)), ..known.clone() };
        assert_eq!(
            progress(&limited),
            "55%, 1.20 GB of 2.15 GB, 84.6 MB/s, 12 s left, limited by the other device’s disk, a/b"
        );
        let stalled = Progress { stalled: Some(Side::There), rate: 0.0, ..limited.clone() };
        assert_eq!(
            progress(&stalled),
            "55%, 1.20 GB of 2.15 GB, waiting for the other device’s disk, which does not answer, a/b"
        );
        let unknown = Progress { total: None, file: None, ..known };
        assert_eq!(progress(&unknown), "1.20 GB, 84.6 MB/s");
    }
}
