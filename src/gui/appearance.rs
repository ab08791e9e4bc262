//! Dark or light, as the system says, or as `AIRLIFT_THEME` does.
//!
//! On Windows and macOS the window toolkit follows the system by itself. On Linux nobody tells it:
//! the desktop portal is asked instead, and listened to.

use egui::{Context, Theme, ThemePreference};

/// Follows the system's choice for as long as it is kept.
#[must_use]
pub struct Appearance {
    #[cfg(target_os = "linux")]
    _portal: Option<mundy::Subscription>,
}

impl Appearance {
    pub fn follow(ctx: &Context) -> Self {
        // Desktops mean light when they have no preference.
        ctx.options_mut(|options| options.fallback_theme = Theme::Light);
        let forced = forced();
        ctx.set_theme(forced.map_or(ThemePreference::System, ThemePreference::from));
        Self {
            #[cfg(target_os = "linux")]
            _portal: forced.is_none().then(|| portal::follow(ctx)),
        }
    }
}

fn forced() -> Option<Theme> {
    match std::env::var("AIRLIFT_THEME").ok()?.as_str() {
        "dark" => Some(Theme::Dark),
        "light" => Some(Theme::Light),
        _ => None,
    }
}

#[cfg(target_os = "linux")]
mod portal {
    use std::{sync::mpsc::sync_channel, time::Duration};

    use egui::{Context, ThemePreference, ViewportId};
    use mundy::{ColorScheme, Interest, Preferences, Subscription};

    /// The window may open this much later, so that it doesn't open in the other theme.
    const PATIENCE: Duration = Duration::from_millis(150);

    pub fn follow(ctx: &Context) -> Subscription {
        let (told, heard) = sync_channel(1);
        let ctx = ctx.clone();
        let portal = Preferences::subscribe(Interest::ColorScheme, move |preferences| {
            ctx.set_theme(match preferences.color_scheme {
                ColorScheme::NoPreference => ThemePreference::System,
                ColorScheme::Light => ThemePreference::Light,
                ColorScheme::Dark => ThemePreference::Dark,
            });
            ctx.request_repaint_of(ViewportId::ROOT);
            // Only the first time does anyone wait.
            let _ = told.try_send(());
        });
        // Nothing said in time is no preference, until it is said.
        let _ = heard.recv_timeout(PATIENCE);
        portal
    }
}
