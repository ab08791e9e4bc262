//! The questions that a scanner is asked, each on a connection of its own.
//!
//! Knows its commands. Must not know what an answer is worth.
//!
//! No sessions: answers would come out of order, and one file over a limit would end it for all. A connection costs
//! microseconds.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    time::{Duration, Instant},
};

use super::{
    link::{Broken, HandedOver, Link, Sent, Waiting},
    reply::{self, Asked, Reply},
    verdict::Scanned,
};
use crate::model::ScannerAddress;

/// What a scanner is asked about when it is asked how it is.
const HARMLESS: &[u8] = b"Airlift asks whether this scanner scans.\n";

/// A piece of a stream is announced by a number of 32 bits.
const PIECE: u64 = u32::MAX as u64;

/// What is read and sent at once.
const BLOCK: usize = 256 * 1024;

/// Whether it scans, by having it scan something harmless: it may answer to its name and not be able to. It may be
/// silent for `patience`.
pub fn health(place: &ScannerAddress, waiting: Waiting<'_>, patience: Duration) -> Result<Reply, Broken> {
    let mut link = Link::to(place, waiting)?;
    let until = waiting.within(patience);
    let length = u32::try_from(HARMLESS.len()).unwrap_or_default().to_be_bytes();
    let question = [b"zINSTREAM\0".as_slice(), &length, HARMLESS, &[0; 4]].concat();
    link.send(&question, until)?;
    Ok(reply::read(&link.answer(until)?, Asked::Stream))
}

/// What it calls itself.
pub fn version(place: &ScannerAddress, waiting: Waiting<'_>) -> Result<String, Broken> {
    let mut link = Link::to(place, waiting)?;
    let until = waiting.within(waiting.patience.step);
    link.send(b"zVERSION\0", until)?;
    let answer = link.answer(until)?;
    let end = answer.iter().position(|byte| matches!(byte, 0 | b'\n')).unwrap_or(answer.len());
    Ok(String::from_utf8_lossy(&answer[..end]).into_owned())
}

/// Has it look into a file of `size` bytes, for which it may take `patience` once it has it.
pub fn scan(
    place: &ScannerAddress,
    file: &File,
    size: u64,
    waiting: Waiting<'_>,
    patience: Duration,
) -> Result<Scanned, Broken> {
    match hand_over(place, file, size, waiting, patience) {
        // It may not be able to read what it was handed, where it is confined or on another machine.
        Ok(Some(Scanned { reply: Reply::Refused(words), .. })) => {
            tracing::debug!(words, "a file that was handed over was refused: it is sent");
        }
        Err(Broken::HungUp) => tracing::debug!("a scanner hung up when a file was handed over: it is sent"),
        Ok(None) => {}
        Ok(Some(scanned)) => return Ok(scanned),
        Err(why) => return Err(why),
    }
    stream(place, file, size, waiting, patience)
}

/// Hands it the open file itself: that takes it the least. `None` where that can't be done.
fn hand_over(
    place: &ScannerAddress,
    file: &File,
    size: u64,
    waiting: Waiting<'_>,
    patience: Duration,
) -> Result<Option<Scanned>, Broken> {
    if !matches!(place, ScannerAddress::Socket(_)) {
        return Ok(None);
    }
    let mut link = Link::to(place, waiting)?;
    // One more byte, for the descriptor to travel with.
    let handed = link.hand_over(b"zFILDES\0\0", file, waiting.within(waiting.patience.step))?;
    if handed == HandedOver::CannotBe {
        return Ok(None);
    }
    let began = Instant::now();
    let answer = link.answer(waiting.within(patience))?;
    let reply = reply::read(&answer, Asked::Descriptor);
    Ok(Some(Scanned { reply, size, took: began.elapsed() }))
}

/// Sends it the content, announced whole: one that takes less says so before any of it has gone.
fn stream(
    place: &ScannerAddress,
    mut file: &File,
    size: u64,
    waiting: Waiting<'_>,
    patience: Duration,
) -> Result<Scanned, Broken> {
    file.rewind().map_err(Broken::Failed)?;
    let mut link = Link::to(place, waiting)?;
    let whole =
        waiting.within(waiting.patience.step + Duration::from_secs(size / waiting.patience.slowest.max(1)));
    let mut sent = link.send(b"zINSTREAM\0", whole)?;
    let mut left = size;
    let mut block = vec![0; BLOCK.min(usize::try_from(size).unwrap_or(BLOCK))];
    while sent == Sent::All && left > 0 {
        let piece = left.min(PIECE);
        sent = link.send(&u32::try_from(piece).unwrap_or(u32::MAX).to_be_bytes(), whole)?;
        let mut of_piece = piece;
        while sent == Sent::All && of_piece > 0 {
            let most = block.len().min(usize::try_from(of_piece).unwrap_or(usize::MAX));
            let count = file.read(&mut block[..most]).map_err(Broken::Failed)?;
            if count == 0 {
                return Err(Broken::Shorter);
            }
            of_piece -= count as u64;
            sent = if link.is_answering() { Sent::Cut } else { link.send(&block[..count], whole)? };
        }
        left -= piece;
    }
    if sent == Sent::All {
        sent = link.send(&[0; 4], whole)?;
    }
    let began = Instant::now();
    // One that has answered before it had all has nothing more to think about.
    let until =
        waiting.within(if sent == Sent::All { patience } else { waiting.patience.step.min(patience) });
    let reply = match (reply::read(&link.answer(until)?, Asked::Stream), sent) {
        // It can't know.
        (Reply::Nothing, Sent::Cut) => Reply::Odd("stream: OK, before it had the whole file".to_owned()),
        (reply, _) => reply,
    };
    Ok(Scanned { reply, size, took: began.elapsed() })
}
