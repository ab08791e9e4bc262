//! A small square out of a picture’s file.
//!
//! Knows files and decoders. Must not know who shows it. Blocks; what comes of a file that is no picture, too large,
//! damaged or slow is an error, and never a broken program.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use egui::ColorImage;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, Limits, imageops::FilterType};

/// Side of the square, in pixels: twice as many as points, for displays that have more.
pub const SIDE: u32 = 80;
/// Bytes of the largest file that is read.
const LARGEST: u64 = 100_000_000;
/// Of a picture’s width and height, and of the memory for it: 50 million pixels of four bytes.
const WIDEST: u32 = 20_000;
const MEMORY: u64 = 200_000_000;
/// Reading one must not take longer.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    #[error("it can’t be read: {0}")]
    File(#[from] io::Error),
    #[error("it is not a file, or too large")]
    Unfit,
    #[error("it can’t be decoded: {0}")]
    Image(#[from] ImageError),
    #[error("its decoder broke down")]
    Broken,
}

/// # Errors
/// When there is no picture to be had of it.
pub fn small(place: &Path) -> Result<ColorImage, NoPicture> {
    // Looked at first: to open a pipe would wait for whoever writes to it.
    let about = std::fs::symlink_metadata(place)?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(NoPicture::Unfit);
    }
    let file = BufReader::new(File::open(place)?);
    let source = InTime { file, until: Instant::now() + PATIENCE };
    // A decoder that breaks down over a file must not take the thread with it.
    catch_unwind(AssertUnwindSafe(|| read(source))).unwrap_or(Err(NoPicture::Broken))
}

fn read(source: impl BufRead + Seek) -> Result<ColorImage, NoPicture> {
    let mut reader = ImageReader::new(source).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(WIDEST);
    limits.max_image_height = Some(WIDEST);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let turned = decoder.orientation()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) * 4 > MEMORY {
        return Err(NoPicture::Unfit);
    }
    let mut picture = DynamicImage::from_decoder(decoder)?;
    // Made small first: then there is little to turn.
    picture = picture.resize_to_fill(SIDE, SIDE, FilterType::Triangle);
    picture.apply_orientation(turned);
    let pixels = picture.to_rgba8();
    let size = [pixels.width() as usize, pixels.height() as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, pixels.as_raw()))
}

/// Reads until it has taken too long.
struct InTime<R> {
    file: R,
    until: Instant,
}

impl<R> InTime<R> {
    fn check(&self) -> io::Result<()> {
        if Instant::now() < self.until { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

impl<R: Read> Read for InTime<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.file.read(into)
    }
}

impl<R: BufRead> BufRead for InTime<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.file.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.file.consume(count);
    }
}

impl<R: Seek> Seek for InTime<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Cursor};

    use image::{ImageFormat, RgbImage};

    use super::*;

    fn written(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbImage::from_fn(300, 200, |x, _| image::Rgb([if x < 150 { 255 } else { 0 }, 0, 0]));
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_usual_format_becomes_a_small_square() {
        let folder = tempfile::tempdir().unwrap();
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            // What it is, is not told by its name.
            let place = folder.path().join("picture.txt");
            fs::write(&place, written(format)).unwrap();
            let small = small(&place).unwrap();
            assert_eq!(small.size, [SIDE as usize; 2], "{format:?}");
            let (left, right) = (small[(5, 40)], small[(75, 40)]);
            assert!(left.r() > 200 && right.r() < 50, "{format:?}: {left:?} {right:?}");
        }
    }

    #[test]
    fn what_is_cut_or_lies_about_its_size_is_no_picture_and_breaks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("picture.png");
        let whole = written(ImageFormat::Png);
        for cut in [0, 1, 8, 20, 33] {
            fs::write(&place, &whole[..cut]).unwrap();
            assert!(small(&place).is_err(), "{cut} bytes");
        }
        // A header that promises 100,000 by 100,000 pixels.
        let mut large = whole;
        large[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        large[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
        fs::write(&place, &large).unwrap();
        assert!(small(&place).is_err());
        assert!(matches!(small(folder.path()), Err(NoPicture::Unfit)));
        assert!(matches!(small(&folder.path().join("gone")), Err(NoPicture::File(_))));
    }

    #[test]
    fn one_that_is_read_too_slowly_is_given_up() {
        let late = InTime { file: Cursor::new(written(ImageFormat::Png)), until: Instant::now() };
        assert!(read(late).is_err());
    }
}
