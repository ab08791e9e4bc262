//! A history as somebody may have it: cameras, offices, programs; a tenth Chinese, a twentieth with accents or Cyrillic.
//! The same every time.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use airlift::{
    history::{Device, Ending, FileEntry, TransferRecord},
    model::{
        ContentKind, DeviceId, Digest, Direction, FileFate, FileRecord, NotScanned, Screening, Side,
        TransferId,
    },
};

/// Numbers without a pattern that anybody would see.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let at = self.roll(words.len() as u64);
        words[usize::try_from(at).unwrap()]
    }
}

const OFFICE: [&str; 12] = [
    "report", "invoice", "minutes", "budget", "offer", "contract", "holiday", "plan", "draft", "final",
    "notes", "scan",
];
const FAR: [&str; 8] = ["写真", "会議", "報告書", "请求书", "家族", "旅行", "합의서", "รายงาน"];
const ACCENTED: [&str; 6] = ["résumé", "Übersicht", "отчёт", "naïve", "Größe", "договор"];

/// Some day of the history, counted from its beginning.
pub fn day(number: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + number * 86_400)
}

fn name(dice: &mut Dice) -> (String, ContentKind) {
    let n = dice.roll(10_000);
    match dice.roll(20) {
        0..8 => {
            let (year, month) = (2021 + dice.roll(4), 1 + dice.roll(12));
            let time = dice.roll(1_000_000);
            (format!("IMG_{year}{month:02}{:02}_{time:06}.jpg", 1 + dice.roll(28)), ContentKind::Picture)
        }
        8..12 => {
            let (one, other) = (dice.of(&OFFICE), dice.of(&OFFICE));
            (format!("{one} {other} {n}.docx"), ContentKind::Document)
        }
        12..14 => {
            let (one, other) = (dice.roll(u64::MAX), dice.roll(u64::MAX));
            (format!("{one:016x}{other:016x}.bin"), ContentKind::Other)
        }
        14..16 => (format!("{}{n:04}.jpg", dice.of(&FAR)), ContentKind::Picture),
        16 => (format!("{} {} {n}.pdf", dice.of(&ACCENTED), dice.of(&OFFICE)), ContentKind::Document),
        17 => (format!("module_{n}_{}.rs", dice.of(&OFFICE)), ContentKind::Text),
        18 => (format!("{} {n}.log", dice.of(&OFFICE)), ContentKind::Text),
        _ if dice.roll(20) == 0 => (format!("track {n:05}.flac"), ContentKind::Sound),
        _ => (format!("clip {n:05}.mp4"), ContentKind::Video),
    }
}

fn size(kind: ContentKind, dice: &mut Dice) -> u64 {
    let most = match kind {
        ContentKind::Text => 16,
        ContentKind::Video => 32,
        _ => 24,
    };
    let magnitude = 8 + dice.roll(most - 8);
    (1 << magnitude) + dice.roll(1 << magnitude)
}

fn device(number: u64) -> Device {
    let names = ["Anna’s laptop", "Büro", "phone", "写字楼"];
    let name = names[usize::try_from(number % 4).unwrap()];
    Device { id: Some(DeviceId::of_public_key(&number.to_le_bytes())), name: format!("{name} {number}") }
}

/// So many files, in transfers of one to two thousand.
pub fn transfers(rows: usize, seed: u64) -> impl Iterator<Item = (TransferRecord, Vec<FileEntry>)> {
    let mut dice = Dice(seed);
    let (mut left, mut number) = (rows, 0u64);
    std::iter::from_fn(move || {
        let count = [1, 3, 20, 200, 2_000][usize::try_from(dice.roll(5)).unwrap()].min(left);
        if count == 0 {
            return None;
        }
        left -= count;
        number += 1;
        // Over two years, whatever their number.
        let part = (rows - left) as u64 * 1_000 / rows as u64;
        let began = day(part * 730 / 1_000) + Duration::from_secs(number);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_le_bytes());
        id[8..].copy_from_slice(&seed.to_le_bytes());
        let record = TransferRecord {
            id: TransferId(id),
            direction: if dice.roll(3) == 0 { Direction::Send } else { Direction::Receive },
            device: device(dice.roll(12)),
            called: "some files".to_owned(),
            began,
            as_of: began + Duration::from_secs(30),
            ending: Ending::Complete,
            took: Duration::from_secs(20),
            bytes: 1 << 30,
            why: None,
        };
        let files = (0..count).map(|n| file(n, number, &mut dice)).collect();
        Some((record, files))
    })
}

fn file(n: usize, transfer: u64, dice: &mut Dice) -> FileEntry {
    let (name, kind) = name(dice);
    let path = match transfer % 3 {
        // Names repeat, paths don't.
        0 => format!("{n}-{name}"),
        1 => format!("{} {}/part {}/{n}-{name}", dice.of(&OFFICE), 2020 + transfer % 6, n / 100),
        _ => format!("holiday {}/{n}-{name}", 2020 + transfer % 6),
    };
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&dice.0.to_le_bytes());
    digest[8..16].copy_from_slice(&transfer.to_le_bytes());
    let digest = Some(Digest(digest));
    let fate = match dice.roll(1_000) {
        0..10 => FileFate::Failed { side: Side::There, why: "It could not be read there.".to_owned() },
        10..30 => FileFate::Stored { digest, screening: Screening::NotScanned(NotScanned::TooLarge) },
        30 if transfer.is_multiple_of(2_000) => FileFate::Infected { digest, name: "Some.Thing".to_owned() },
        _ => FileFate::Stored { digest, screening: Screening::Clean },
    };
    let size = Some(size(kind, dice));
    let at = Some(PathBuf::from("/home/anna/Downloads").join(&path));
    FileEntry { record: FileRecord { path, at, size, fate }, kind }
}
