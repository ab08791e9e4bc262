//! What the demo sends: one file, and one folder with the names and shapes that go wrong first.

use std::{fs, io, io::Write as _, path::Path};

/// What stands at the top.
pub const TOP: [&str; 2] = ["film.bin", "Reise – 旅行"];

/// Bytes of the one big file: enough to be seen on its way.
const BIG: usize = 24 << 20;

/// Makes it all in `folder`.
///
/// # Errors
/// When `folder` can't be written.
pub fn make(folder: &Path) -> io::Result<()> {
    let [film, trip] = TOP;
    fs::create_dir_all(folder)?;
    fill(&folder.join(film), BIG)?;
    let trip = folder.join(trip);
    for (path, size) in [
        ("Fotos/Zürich/Brücke (1).jpg", 700_001),
        ("Fotos/北京/长城.jpg", 300_000),
        ("Fotos/القاهرة/نهر النيل.jpg", 65_537),
        ("🎉 party.txt", 12),
        (".hidden", 1),
        ("empty.txt", 0),
        ("a/b/c/d/e/deep.txt", 4_096),
    ] {
        let inside = trip.join(path);
        fs::create_dir_all(inside.parent().unwrap_or(&trip))?;
        fill(&inside, size)?;
    }
    fs::create_dir_all(trip.join("empty folder"))
}

/// Fills a file with bytes that no compression or shortcut can make less of, and that are other
/// bytes for another file.
fn fill(path: &Path, size: usize) -> io::Result<()> {
    let mut stream = blake3::Hasher::new().update(path.as_os_str().as_encoded_bytes()).finalize_xof();
    let mut file = fs::File::create(path)?;
    let mut chunk = vec![0; 1 << 20];
    let mut left = size;
    while left > 0 {
        let piece = &mut chunk[..left.min(1 << 20)];
        stream.fill(piece);
        file.write_all(piece)?;
        left -= piece.len();
    }
    Ok(())
}
