//! The icons in use: Phosphor's code points. Drawn with the painter, never as text, so that the
//! accessibility tree holds no private-use characters.

use egui::{Align2, Color32, FontId, Painter, Pos2};

use crate::model::{DeviceKind, EntryKind};

use super::theme;

/// One icon of the icon font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(char);

pub const ARROW_DOWN: Icon = Icon('\u{E03E}');
pub const ARROW_UP: Icon = Icon('\u{E08E}');
pub const BROADCAST: Icon = Icon('\u{E0F2}');
pub const CARET_DOWN: Icon = Icon('\u{E136}');
pub const CARET_RIGHT: Icon = Icon('\u{E13A}');
pub const CHECK: Icon = Icon('\u{E182}');
pub const CHECK_CIRCLE: Icon = Icon('\u{E184}');
pub const COPY: Icon = Icon('\u{E1CA}');
pub const DESKTOP: Icon = Icon('\u{E560}');
pub const DEVICES: Icon = Icon('\u{EBA4}');
pub const DOTS: Icon = Icon('\u{E208}');
pub const DOWNLOAD: Icon = Icon('\u{E20C}');
pub const FILE: Icon = Icon('\u{E230}');
pub const FILE_AUDIO: Icon = Icon('\u{EA20}');
pub const FILE_IMAGE: Icon = Icon('\u{EA24}');
pub const FILE_PDF: Icon = Icon('\u{E702}');
pub const FILE_TEXT: Icon = Icon('\u{E23A}');
pub const FILE_VIDEO: Icon = Icon('\u{EA22}');
pub const FILE_ZIP: Icon = Icon('\u{E958}');
pub const FOLDER: Icon = Icon('\u{E24A}');
pub const FOLDER_OPEN: Icon = Icon('\u{E256}');
pub const INFO: Icon = Icon('\u{E2CE}');
pub const KEYBOARD: Icon = Icon('\u{E2D8}');
pub const LAPTOP: Icon = Icon('\u{E586}');
pub const PHONE: Icon = Icon('\u{E1E0}');
pub const PROHIBIT: Icon = Icon('\u{E3DE}');
pub const HISTORY: Icon = Icon('\u{E1A0}');
pub const QUARANTINE: Icon = Icon('\u{E412}');
pub const SEARCH: Icon = Icon('\u{E30C}');
pub const SERVER: Icon = Icon('\u{E2A0}');
pub const SHIELD: Icon = Icon('\u{E40C}');
pub const STAR: Icon = Icon('\u{E46A}');
pub const TERMINAL: Icon = Icon('\u{EAE8}');
pub const TRASH: Icon = Icon('\u{E4A6}');
pub const TRAY: Icon = Icon('\u{E010}');
pub const UPLOAD: Icon = Icon('\u{E4C0}');
pub const WARNING: Icon = Icon('\u{E4E0}');
pub const X: Icon = Icon('\u{E4F6}');

impl Icon {
    /// The icon for a file or folder of this name.
    pub fn of_entry(name: &str, kind: EntryKind) -> Self {
        match kind {
            EntryKind::Folder => FOLDER,
            EntryKind::File { .. } => Self::of_file(name),
        }
    }

    fn of_file(name: &str) -> Self {
        let Some((_, extension)) = name.rsplit_once('.') else { return FILE };
        match extension.to_ascii_lowercase().as_str() {
            "avif" | "bmp" | "gif" | "heic" | "jpeg" | "jpg" | "png" | "svg" | "tiff" | "webp" => FILE_IMAGE,
            "avi" | "m4v" | "mkv" | "mov" | "mp4" | "webm" => FILE_VIDEO,
            "7z" | "bz2" | "gz" | "rar" | "tar" | "tgz" | "xz" | "zip" | "zst" => FILE_ZIP,
            "aac" | "flac" | "m4a" | "mp3" | "ogg" | "opus" | "wav" => FILE_AUDIO,
            "doc" | "docx" | "md" | "odt" | "rtf" | "txt" => FILE_TEXT,
            "pdf" => FILE_PDF,
            _ => FILE,
        }
    }

    /// The picture of a device of this kind.
    pub fn of_device(kind: DeviceKind) -> Self {
        match kind {
            DeviceKind::Laptop => LAPTOP,
            DeviceKind::Desktop => DESKTOP,
            DeviceKind::Phone => PHONE,
            DeviceKind::Server => SERVER,
            DeviceKind::Unknown => DEVICES,
        }
    }

    /// Paints it in a square of `size` around `center`.
    pub fn paint(self, painter: &Painter, center: Pos2, size: f32, color: Color32) {
        painter.text(center, Align2::CENTER_CENTER, self.0, FontId::new(size, theme::icons()), color);
    }
}
