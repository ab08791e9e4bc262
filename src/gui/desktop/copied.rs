//! What was copied elsewhere and is no text: files, or a picture, which becomes a file.
//!
//! Knows the system's clipboard. Must not know who asks. Blocks.

use std::path::{Path, PathBuf};

/// The files that were copied in a file manager; else the picture that was, as a file in `folder`; else nothing.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let told = arboard::Clipboard::new().and_then(|mut clipboard| {
        clipboard.get().file_list().or_else(|_| {
            let picture = clipboard.get_image()?;
            Ok(saved(folder, picture).into_iter().collect())
        })
    });
    told.inspect_err(|why| tracing::debug!(%why, "no file and no picture was copied")).unwrap_or_default()
}

fn saved(folder: &Path, picture: arboard::ImageData<'_>) -> Option<PathBuf> {
    let (width, height) = (u32::try_from(picture.width).ok()?, u32::try_from(picture.height).ok()?);
    let pixels = image::RgbaImage::from_raw(width, height, picture.bytes.into_owned())?;
    let number = std::fs::read_dir(folder).map_or(0, Iterator::count) + 1;
    let place = folder.join(format!("Pasted picture {number}.png"));
    let saved = pixels.save(&place);
    saved.inspect_err(|why| tracing::info!(%why, "a pasted picture could not be kept")).ok()?;
    Some(place)
}
