//! Which display the window is to open on: the first of those that are named and answer.
//!
//! The windowing library takes the one that it is told, or the first that is named, and makes no second attempt in the
//! life of a process. Must not know what is shown there.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::PathBuf,
    time::Duration,
};

use super::within::within;

/// For a display to answer: one on another machine, or behind SSH, takes a moment.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    X11,
    Wayland,
}

/// Why no window can be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDisplay {
    #[error("this machine has no display")]
    Unnamed,
    #[error("the display that {0} names doesn’t answer")]
    Dead(String),
}

/// What the environment names.
#[derive(Clone, Debug, Default)]
struct Named {
    x11: Option<OsString>,
    wayland: Option<OsString>,
    /// A connection that a compositor has made for this program: trying it would use it up.
    connected: Option<OsString>,
}

/// The display to open on.
///
/// # Errors
/// When none is named, or none of them answers.
pub fn choose() -> Result<Display, NoDisplay> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let named = Named {
        x11: named("DISPLAY"),
        wayland: named("WAYLAND_DISPLAY"),
        connected: named("WAYLAND_SOCKET"),
    };
    among(&named, |display| answers(x11_answers, display), |display| answers(wayland_answers, display))
}

fn among(
    named: &Named,
    x11: impl FnOnce(&OsStr) -> bool,
    wayland: impl FnOnce(&OsStr) -> bool,
) -> Result<Display, NoDisplay> {
    // Files can be dropped on an X11 window only, and XWayland passes them on.
    if named.x11.as_deref().is_some_and(x11) {
        return Ok(Display::X11);
    }
    if named.connected.is_some() || named.wayland.as_deref().is_some_and(wayland) {
        return Ok(Display::Wayland);
    }
    let each = [("DISPLAY", &named.x11), ("WAYLAND_DISPLAY", &named.wayland)];
    let dead = each.iter().filter_map(|(variable, value)| {
        value.as_ref().map(|value| format!("{variable} (“{}”)", value.display()))
    });
    let dead: Vec<_> = dead.collect();
    Err(if dead.is_empty() { NoDisplay::Unnamed } else { NoDisplay::Dead(dead.join(" or ")) })
}

fn answers(ask: fn(&OsStr) -> bool, display: &OsStr) -> bool {
    let display = display.to_owned();
    within(PATIENCE, move || ask(&display)).unwrap_or(false)
}

/// True when it lets this user in, too.
fn x11_answers(display: &OsStr) -> bool {
    let tried = display.to_str().map(|display| x11rb::connect(Some(display)).map(drop));
    match tried {
        Some(Ok(())) => true,
        Some(Err(problem)) => {
            tracing::info!(%problem, "the X11 display can't be used");
            false
        }
        None => false,
    }
}

fn wayland_answers(display: &OsStr) -> bool {
    let folder = PathBuf::from(env::var_os("XDG_RUNTIME_DIR").unwrap_or_default());
    // One with a whole path stays what it is.
    let place = folder.join(display);
    let tried = place.is_absolute() && std::os::unix::net::UnixStream::connect(&place).is_ok();
    if !tried {
        tracing::info!(place = %place.display(), "the Wayland display can't be used");
    }
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(x11: &str, wayland: &str, connected: &str) -> Named {
        let value = |text: &str| (!text.is_empty()).then(|| OsString::from(text));
        Named { x11: value(x11), wayland: value(wayland), connected: value(connected) }
    }

    #[test]
    fn the_first_display_that_answers_is_taken_and_what_does_not_is_named() {
        let dead = |names: &str| Err(NoDisplay::Dead(names.to_owned()));
        for (named, x11, wayland, expected) in [
            (named(":0", "wayland-0", ""), true, true, Ok(Display::X11)),
            (named(":0", "wayland-0", ""), false, true, Ok(Display::Wayland)),
            (named(":0", "wayland-0", ""), true, false, Ok(Display::X11)),
            (named("", "wayland-0", ""), true, true, Ok(Display::Wayland)),
            (named(":0", "", "7"), false, false, Ok(Display::Wayland)),
            (named("", "", ""), true, true, Err(NoDisplay::Unnamed)),
            (named(":9", "", ""), false, true, dead("DISPLAY (“:9”)")),
            (named(":9", "way", ""), false, false, dead("DISPLAY (“:9”) or WAYLAND_DISPLAY (“way”)")),
        ] {
            assert_eq!(among(&named, |_| x11, |_| wayland), expected, "{named:?}");
        }
    }

    #[test]
    fn a_socket_that_nobody_listens_at_any_more_is_no_display() {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("wayland-7");
        let listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(wayland_answers(socket.as_os_str()));
        drop(listening);
        assert!(socket.exists() && !wayland_answers(socket.as_os_str()));
        assert!(!x11_answers(OsStr::new("nonsense")));
    }
}
