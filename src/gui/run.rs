//! Opens the window on this machine's display and starts the engine behind it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use anyhow::anyhow;
use eframe::{CreationContext, NativeOptions, Renderer};
use egui::{ViewportBuilder, ViewportId};

#[cfg(target_os = "linux")]
use super::display::{self, Display};
use super::{App, Desktop, appearance::Appearance, desktop::Native, history::Home};
use crate::engine::{Config, Engine, Wake};

/// What to do where no window can be opened.
const INSTEAD: &str = "Use “airlift send” and “airlift receive” in a terminal instead.";

/// Opens the window and stays until it is closed.
///
/// # Errors
/// When there is no display, the window can't be opened, or the engine can't start.
pub fn run(config: Config) -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    let display =
        display::choose().map_err(|e| anyhow!("No window can be opened here, because {e}. {INSTEAD}"))?;
    let mut engine = None;
    let mut appearance = None;
    let opening = AssertUnwindSafe(|| {
        let create = |cc: &CreationContext<'_>| {
            appearance = Some(Appearance::follow(&cc.egui_ctx));
            open(cc, config, &mut engine)
        };
        let options = options();
        #[cfg(target_os = "linux")]
        let options = on(display, options);
        eframe::run_native("airlift", options, Box::new(create))
    });
    let closed = catch_unwind(opening);
    let opened = engine.is_some();
    drop(appearance);
    if let Some(engine) = engine {
        // What is missing in the history by then is in the log: there is no window any more.
        let _ = engine.stop();
    }
    let why = match closed {
        Ok(Ok(())) => return Ok(()),
        // The engine's own reason, and not the window's.
        Ok(Err(eframe::Error::AppCreation(e))) => return Err(anyhow!("{e}")),
        Ok(Err(e @ (eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_)))) => {
            tracing::warn!(problem = %e, "no window");
            "the display can’t be used".to_owned()
        }
        Ok(Err(e)) => e.to_string(),
        // The windowing library panics where a system library is missing.
        Err(panic) if !opened => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic.downcast_ref::<&str>().map_or("no reason is known", |text| *text).to_owned(),
        },
        Err(panic) => resume_unwind(panic),
    };
    Err(anyhow!("The window could not be opened: {}. {INSTEAD}", why.trim_end_matches('.')))
}

fn options() -> NativeOptions {
    let mut viewport = ViewportBuilder::default()
        .with_title("Airlift")
        .with_app_id("airlift")
        .with_inner_size([1100.0, 760.0])
        .with_min_inner_size([360.0, 480.0])
        .with_drag_and_drop(true);
    match eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon-256.png")) {
        Ok(icon) => viewport = viewport.with_icon(icon),
        Err(problem) => tracing::warn!(%problem, "the window's icon can't be read"),
    }
    NativeOptions { viewport, renderer: Renderer::Glow, centered: true, ..NativeOptions::default() }
}

#[cfg(target_os = "linux")]
fn on(display: Display, options: NativeOptions) -> NativeOptions {
    use winit::platform::{wayland::EventLoopBuilderExtWayland as _, x11::EventLoopBuilderExtX11 as _};
    let event_loop_builder: eframe::EventLoopBuilderHook = Box::new(move |builder| {
        match display {
            Display::X11 => builder.with_x11(),
            Display::Wayland => builder.with_wayland(),
        };
    });
    NativeOptions { event_loop_builder: Some(event_loop_builder), ..options }
}

type Created = Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>>;

fn open(cc: &CreationContext<'_>, config: Config, engine: &mut Option<Engine>) -> Created {
    let ctx = cc.egui_ctx.clone();
    let wake: Wake = Arc::new(move || ctx.request_repaint_of(ViewportId::ROOT));
    let past = Box::new(Home(config.home.clone()));
    let started = Engine::start(config, wake)?;
    let native = Native::new();
    let desktop = Desktop {
        picker: Box::new(Arc::clone(&native)),
        opener: Box::new(Arc::clone(&native)),
        clipboard: Box::new(native),
        past,
    };
    let app = App::new(&cc.egui_ctx, started.handle(), desktop);
    *engine = Some(started);
    Ok(Box::new(app))
}
