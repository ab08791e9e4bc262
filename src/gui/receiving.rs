//! Switching on and off that this device receives, and remembering which of them it is.
//!
//! Knows how the window receives, and that the next window does as this one did. Must not know how that is shown.

use super::tools::Tools;
use crate::{
    engine::{AtStart, Command, Consent, PortChoice, Receiving, Settings},
    model::Landing,
};

/// Receives from now on, and after each start; `true` when the engine has been asked.
pub fn begin(settings: &Settings, tools: &mut Tools) -> bool {
    receive(settings, tools) && remember(AtStart::Receive, settings, tools)
}

/// Stops, and rests after each start; `true` when the engine has been asked.
pub fn stop(settings: &Settings, tools: &mut Tools) -> bool {
    tools.ask(Command::StopReceiving) && remember(AtStart::Rest, settings, tools)
}

/// Does at a window’s start as the one before it did.
pub fn take_up(settings: &Settings, tools: &mut Tools) {
    if settings.at_start == AtStart::Receive {
        receive(settings, tools);
    }
}

fn receive(settings: &Settings, tools: &mut Tools) -> bool {
    let landing = Landing { conflict: settings.conflict, ..Landing::default() };
    tools.ask(Command::Receive(Receiving {
        port: PortChoice::of(settings),
        consent: Consent::Settings,
        landing,
    }))
}

fn remember(at_start: AtStart, settings: &Settings, tools: &mut Tools) -> bool {
    settings.at_start == at_start || tools.ask(Command::AtStart(at_start))
}
