//! The window: a face over the engine's seam, made with eframe and egui.
//!
//! Knows [`engine`](crate::engine) and [`model`](crate::model), nothing below them. It holds no
//! truth: what it shows is the engine's snapshot folded with its events, and what a person is in
//! the middle of typing. `logic` listens and prepares, `ui` paints; nothing waits in either, and
//! a window at rest draws no frames.
//!
//! The environment variable `AIRLIFT_THEME` (`dark` or `light`) overrides the system's theme, for
//! screenshots.

mod activity;
mod app;
mod appearance;
mod bar;
mod bridge;
mod closing;
mod desktop;
mod devices;
#[cfg(target_os = "linux")]
mod display;
mod history;
mod home;
mod icons;
mod inviting;
mod links;
mod meeting;
mod notices;
mod offer;
mod on_screen;
mod page;
mod pasting;
mod path_entry;
mod paths;
mod quarantine;
mod receive_panel;
mod receive_pill;
mod receiving;
mod run;
mod send_panel;
mod settings_card;
mod settings_page;
mod theme;
mod tools;
mod unseen;
mod virus_check;
mod when;
mod widgets;
#[cfg(target_os = "linux")]
mod within;

pub use app::{App, Desktop};
pub use desktop::{Clipboard, FilePicker, Opener, Pick, Picked, Reply};
pub use history::{Find, Home, Past};
pub use run::run;
