//! Dark or light: as `AIRLIFT_THEME` says, or a person has chosen, or the system does.
//!
//! On Windows and macOS the window toolkit follows the system by itself. On Linux nobody tells it:
//! the desktop portal is asked instead, and listened to.

use egui::{Context, Id, Theme, ThemePreference};

use crate::engine;

/// Follows the system’s choice for as long as it is kept.
#[must_use]
pub struct Appearance {
    #[cfg(target_os = "linux")]
    _portal: Option<mundy::Subscription>,
}

/// Who says what, kept where every thread that hears of it can reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    chosen: engine::Theme,
    system: ThemePreference,
}

impl Default for Said {
    fn default() -> Self {
        Self { chosen: engine::Theme::System, system: ThemePreference::System }
    }
}

impl Said {
    fn preference(self) -> ThemePreference {
        match self.chosen {
            engine::Theme::System => self.system,
            engine::Theme::Light => ThemePreference::Light,
            engine::Theme::Dark => ThemePreference::Dark,
        }
    }
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

/// A person has chosen this. Costs next to nothing where it is what was chosen before.
pub fn choose(ctx: &Context, chosen: engine::Theme) {
    hear(ctx, |said| said.chosen = chosen);
}

fn hear(ctx: &Context, change: impl FnOnce(&mut Said)) {
    let (before, now) = ctx.data_mut(|data| {
        let said = data.get_temp_mut_or_default::<Said>(Id::unique("appearance"));
        let before = *said;
        change(said);
        (before, *said)
    });
    if before != now && forced().is_none() {
        ctx.set_theme(now.preference());
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
            let system = match preferences.color_scheme {
                ColorScheme::NoPreference => ThemePreference::System,
                ColorScheme::Light => ThemePreference::Light,
                ColorScheme::Dark => ThemePreference::Dark,
            };
            super::hear(&ctx, |said| said.system = system);
            ctx.request_repaint_of(ViewportId::ROOT);
            // Only the first time does anyone wait.
            let _ = told.try_send(());
        });
        // Nothing said in time is no preference, until it is said.
        let _ = heard.recv_timeout(PATIENCE);
        portal
    }
}
