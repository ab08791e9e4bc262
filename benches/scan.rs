//! What `ClamAV`’s daemon takes for the files that it is shown, and what it takes to show them: one large file, files as
//! large as Debian's configuration lets it look into, and many small ones.
//!
//! The daemon is one of our own (`scripts/scan-packages`), as Debian ships it, with one signature of our own: with the
//! official ones each byte takes it longer.
#![allow(clippy::unwrap_used, reason = "a measurement that can’t go on has failed")]
#![allow(clippy::print_stdout, reason = "its result")]

#[path = "../tests/clamd/daemon.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod daemon;
#[path = "../tests/support/loud.rs"]
mod loud;

use std::{fs, io::Write as _, net::TcpListener, path::PathBuf, time::Instant};

use airlift::{
    disk::{Screen as _, kind_of_content},
    model::{ScannerChoice, Screening},
    scan::{Patience, Scanner, Wanted},
};
use daemon::Daemon;

/// The most that it can look into, whatever it is told.
const LARGEST: u64 = (1 << 31) - 3;

/// A file of bytes that mean nothing, and that are in no other: it remembers what it has found clean.
fn make(path: &PathBuf, size: u64, seed: u64) {
    let mut state = seed | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut block: Vec<u8> = (0..128 * 1024).flat_map(|_| word().to_le_bytes()).collect();
    let mut file = fs::File::create(path).unwrap();
    let mut left = size;
    while left > 0 {
        block[..8].copy_from_slice(&word().to_le_bytes());
        let count = left.min(block.len() as u64);
        file.write_all(&block[..usize::try_from(count).unwrap()]).unwrap();
        left -= count;
    }
}

fn files(folder: &tempfile::TempDir, count: u64, size: u64, seed: u64) -> Vec<PathBuf> {
    let path = |n| folder.path().join(format!("{n}"));
    (0..count)
        .map(|n| (path(n), n))
        .map(|(path, n)| {
            make(&path, size, seed + n * 7919);
            path
        })
        .collect()
}

/// Processor seconds of a process so far, with its threads.
fn processor(stat: &str) -> f64 {
    let stat = fs::read_to_string(stat).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

fn measure(what: &str, how: &str, daemon: &Daemon, scanner: &Scanner, files: &[PathBuf]) {
    let theirs = format!("/proc/{}/stat", daemon.id());
    let (before, mine, began) = (processor(&theirs), processor("/proc/self/stat"), Instant::now());
    // As many as ever ask at once.
    let (left, right) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        for half in [left, right] {
            scope.spawn(move || {
                for path in half {
                    let file = fs::File::open(path).unwrap();
                    let size = file.metadata().unwrap().len();
                    let said = scanner.screen(&file, size, "x", &|| false);
                    assert_eq!(said, Screening::Clean, "{}", path.display());
                }
            });
        }
    });
    println!(
        "| {what} | {how} | {:.1} s | {:.1} s | {:.1} s |",
        began.elapsed().as_secs_f64(),
        processor(&theirs) - before,
        processor("/proc/self/stat") - mine,
    );
}

fn main() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let more = format!(
        "MaxScanTime 0\nMaxFileSize 0\nMaxScanSize 0\nStreamMaxLength 0\nAlertExceedsMax yes\nAlertEncrypted yes\nTCPSocket {port}\nTCPAddr 127.0.0.1\n"
    );
    let Some(daemon) = Daemon::started("bench", &more) else { return };
    let handed = daemon.scanner();
    let choice = ScannerChoice::At(format!("127.0.0.1:{port}").parse().unwrap());
    let wanted = Wanted { choice, ..daemon.wanted() };
    let sent = Scanner::new(daemon.folder.path(), wanted, Patience::default(), kind_of_content);
    println!("| files | how | time | the daemon’s processor time | Airlift’s |");
    println!("|---|---|---|---|---|");
    for (what, count, size) in [
        ("1 of 2 GiB less 3 bytes", 1, LARGEST),
        ("82 of 25 MiB", 82, 25 << 20),
        ("10,000 of 4 KiB", 10_000, 4 << 10),
    ] {
        for (how, scanner, seed) in
            [("handed over", &handed, size), ("sent (TCP)", &sent, size ^ 0xffff_0000)]
        {
            let folder = tempfile::tempdir().unwrap();
            measure(what, how, &daemon, scanner, &files(&folder, count, size, seed));
        }
    }
}
