//! The page of settings: everything that a person can choose, in one place, kept at once.
//!
//! Knows how each is shown and typed. Must not know who obeys what is chosen.

mod line;
mod typed;

use egui::{Align, Key, Label, Layout, Modifiers, Rect, RichText, ScrollArea, Ui};

use self::line::Line;
use super::{
    desktop::Pick,
    icons, paths, theme,
    tools::{Purpose, Tools},
    virus_check::VirusCheck,
    widgets::{Button, Field, Look, card, choice, icon, inside, small, title},
};
use crate::{
    engine::{AcceptRule, Command, GoOn, Settings, Snapshot, Theme, Visibility},
    model::{Conflict, DeviceName},
};

/// Wider than this, lines would be hard to follow.
const WIDEST: f32 = 640.0;
/// A year.
const MOST_HOURS: u32 = 8_760;
/// Ten years.
const MOST_DAYS: u32 = 3_650;

const NAME: Field<'static> = Field { label: "Name", hint: "Anna’s laptop" };
const FOLDER: Field<'static> = Field { label: "Folder for what comes", hint: "" };
const ABOVE: Field<'static> = Field { label: "Ask even so about more than", hint: "Never, or 10 GB" };
const QUIET: Field<'static> = Field { label: "Quiet hours", hint: "None, or 22:00 to 07:00" };
const LIMIT: Field<'static> = Field { label: "Speed limit", hint: "None, or 20 MB/s" };
const HOURS: Field<'static> = Field { label: "Hours to go on trying", hint: "24" };
const DAYS: Field<'static> = Field { label: "Days to keep what is not finished", hint: "30" };
const PORT: Field<'static> = Field { label: "Port", hint: "The usual one" };

pub const SEEN_BY: [(Visibility, &str); 3] = [
    (Visibility::Everyone, "Everyone here"),
    (Visibility::Known, "Devices I know"),
    (Visibility::Hidden, "Nobody"),
];
const RULES: [(AcceptRule, &str); 2] =
    [(AcceptRule::Trusted, "Unless I trust the device"), (AcceptRule::Ask, "About everything")];
const NAMES: [(Conflict, &str); 4] = [
    (Conflict::KeepBoth, "Keep both"),
    (Conflict::Skip, "Skip"),
    (Conflict::Replace, "Replace"),
    (Conflict::Complete, "Only missing"),
];
const GO_ON: [(GoOn, &str); 2] = [(GoOn::Always, "Go on by itself"), (GoOn::Ask, "Ask first")];
const THEMES: [(Theme, &str); 3] =
    [(Theme::System, "As the system"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];

#[derive(Default)]
pub struct SettingsPage {
    name: Line,
    folder: Line,
    above: Line,
    quiet: Line,
    limit: Line,
    hours: Line,
    days: Line,
    port: Line,
    virus_check: VirusCheck,
    asked_for: Option<&'static Field<'static>>,
    network: Fold,
    /// Something had the keyboard in the last frame.
    is_typing: bool,
}

/// Whether what few people need is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fold {
    #[default]
    Closed,
    Open,
}

/// What a person wants that is not the page’s to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Close,
}

impl SettingsPage {
    /// The name of this device is what the person has come for.
    pub fn rename(&mut self) {
        self.asked_for = Some(&NAME);
    }

    /// Asks how viruses are looked for.
    pub fn ask_for_scanner(&mut self, settings: &Settings) {
        self.virus_check.open(settings);
    }

    /// The card that is open, over whatever page is shown.
    pub fn cards(&mut self, ctx: &egui::Context, settings: &Settings, tools: &mut Tools) {
        self.virus_check.show(ctx, settings, tools);
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, now: &Snapshot, tools: &mut Tools) -> Option<Wish> {
        let p = theme::palette(ui);
        let mut wish = None;
        card(ui, rect, |ui| {
            ui.horizontal(|ui| {
                title(ui, "Settings");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Done", Look::Plain)).clicked() {
                        wish = Some(Wish::Close);
                    }
                    ui.label(small("Changes are kept at once.", p.faint));
                });
            });
            ScrollArea::vertical().id_salt("settings").auto_shrink([false, false]).show(ui, |ui| {
                ui.set_max_width(WIDEST.min(ui.available_width() - 12.0));
                for problem in [&now.unread, &now.unsaved].into_iter().flatten() {
                    ui.horizontal_top(|ui| {
                        icon(ui, icons::WARNING, 18.0, p.warn);
                        ui.add(Label::new(RichText::new(&problem.text).color(p.warn)).wrap());
                    });
                }
                if let Some(changed) = self.sections(ui, now, tools)
                    && changed != now.settings
                {
                    tools.ask(Command::Apply(changed));
                }
                ui.add_space(8.0);
            });
        });
        // Escape leaves a line first, and is gone from it by now.
        let was_typing =
            std::mem::replace(&mut self.is_typing, ui.memory(|memory| memory.focused().is_some()));
        let is_in_the_way = was_typing || ui.memory(|memory| memory.top_modal_layer().is_some());
        if !is_in_the_way && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            wish = Some(Wish::Close);
        }
        wish
    }

    /// The settings as they are to be, where something was changed.
    fn sections(&mut self, ui: &mut Ui, now: &Snapshot, tools: &mut Tools) -> Option<Settings> {
        let this = self.this_device(ui, now);
        if self.asked_for.is_some_and(|field| Line::takes_keyboard(ui, field)) {
            self.asked_for = None;
        }
        let receiving = self.receiving(ui, &now.settings, tools);
        let asking = self.asking(ui, &now.settings);
        let transfers = self.transfers(ui, &now.settings);
        let network = self.network(ui, &now.settings);
        // In one frame, a person changes one thing.
        this.or(receiving).or(asking).or(transfers).or(network)
    }

    fn this_device(&mut self, ui: &mut Ui, now: &Snapshot) -> Option<Settings> {
        let settings = &now.settings;
        section(ui, "This device");
        let name = keep(&mut self.name, ui, (&NAME, now.device.name.as_str(), 0.0), |typed| {
            DeviceName::parse(typed.trim()).map_err(|problem| problem.to_string())
        });
        label(ui, "Looks");
        let mut theme = settings.theme;
        choice(ui, &mut theme, &THEMES);
        if let Some(name) = name.filter(|name| *name != now.device.name) {
            return Some(Settings { device_name: Some(name), ..settings.clone() });
        }
        changed(settings, |settings| settings.theme = theme)
    }

    fn receiving(&mut self, ui: &mut Ui, settings: &Settings, tools: &mut Tools) -> Option<Settings> {
        section(ui, "What comes here");
        let shown = paths::shown(&settings.inbox);
        let top = ui.cursor().min;
        let width = ui.available_width();
        let folder = keep(&mut self.folder, ui, (&FOLDER, &shown, 102.0), |typed| {
            if typed == shown {
                return Ok(settings.inbox.clone());
            }
            paths::typed(typed).map_err(|problem| problem.to_string())
        });
        let line = ui.text_style_height(&egui::TextStyle::Small) + ui.spacing().item_spacing.y;
        let at = Rect::from_min_max(
            top + egui::vec2(width - 94.0, line),
            top + egui::vec2(width, line + theme::CONTROL_HEIGHT),
        );
        inside(ui, at, |ui| {
            let change = Button::new("Change…", Look::Plain).named("Change… the folder for what comes");
            if ui.add_enabled(!tools.dialog_is_open(), change.filling()).clicked() {
                tools.pick(ui.ctx(), Purpose::Inbox, Pick::Destination(settings.inbox.clone()));
            }
        });
        let mut next = settings.clone();
        label(ui, "Where a name is taken");
        choice(ui, &mut next.conflict, &NAMES);
        about(ui, named(next.conflict));
        label(ui, "Who sees this device while it receives");
        choice(ui, &mut next.visibility, &SEEN_BY);
        about(ui, seen(next.visibility));
        if let Some(inbox) = folder {
            next.inbox = inbox;
        }
        (next != *settings).then_some(next)
    }

    fn asking(&mut self, ui: &mut Ui, settings: &Settings) -> Option<Settings> {
        section(ui, "When you are asked");
        let mut accept = settings.accept;
        choice(ui, &mut accept, &RULES);
        about(ui, "Which devices you trust is chosen on the page Devices.");
        let kept = settings.ask_above.map_or_else(String::new, typed::amount);
        let above = keep(&mut self.above, ui, (&ABOVE, &kept, 0.0), typed::size);
        let kept = typed::hours(settings.quiet);
        let quiet = keep(&mut self.quiet, ui, (&QUIET, &kept, 0.0), typed::quiet);
        about(ui, "In quiet hours, what you would be asked about is declined.");
        changed(settings, |settings| {
            settings.accept = accept;
            settings.ask_above = above.unwrap_or(settings.ask_above);
            settings.quiet = quiet.unwrap_or(settings.quiet);
        })
    }

    fn transfers(&mut self, ui: &mut Ui, settings: &Settings) -> Option<Settings> {
        section(ui, "Transfers");
        let kept = settings.limit.map_or_else(String::new, |limit| limit.to_string());
        let limit = keep(&mut self.limit, ui, (&LIMIT, &kept, 0.0), typed::limit);
        about(ui, "All transfers together send no faster than this, and receive no faster.");
        let mut go_on = settings.go_on;
        label(ui, "What was interrupted, when Airlift is started again");
        choice(ui, &mut go_on, &GO_ON);
        let kept = settings.patience.to_string();
        let hours = keep(&mut self.hours, ui, (&HOURS, &kept, 0.0), |typed| {
            typed::number(typed, "hours", MOST_HOURS)
        });
        let kept = settings.leftovers.to_string();
        let days =
            keep(&mut self.days, ui, (&DAYS, &kept, 0.0), |typed| typed::number(typed, "days", MOST_DAYS));
        ui.add_space(4.0);
        if ui.add(Button::new("Virus check…", Look::Plain).icon(icons::SHIELD)).clicked() {
            self.virus_check.open(settings);
        }
        changed(settings, |settings| {
            settings.limit = limit.unwrap_or(settings.limit);
            settings.go_on = go_on;
            settings.patience = hours.unwrap_or(settings.patience);
            settings.leftovers = days.unwrap_or(settings.leftovers);
        })
    }

    fn network(&mut self, ui: &mut Ui, settings: &Settings) -> Option<Settings> {
        ui.add_space(8.0);
        let caret = if self.network == Fold::Open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
        if ui.add(Button::new("For a firewall", Look::Quiet).icon(caret)).clicked() {
            self.network = if self.network == Fold::Open { Fold::Closed } else { Fold::Open };
        }
        if self.network == Fold::Closed {
            return None;
        }
        let kept = settings.port.map_or_else(String::new, |port| port.to_string());
        let port = keep(&mut self.port, ui, (&PORT, &kept, 0.0), typed::port)?;
        about(ui, "Taken from the next time on that this device begins to receive.");
        changed(settings, |settings| settings.port = port)
    }
}

/// What was typed into a line, if it can be kept.
fn keep<T>(
    line: &mut Line,
    ui: &mut Ui,
    (about, kept, beside): (&Field<'_>, &str, f32),
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let typed = line.show(ui, about, kept, beside)?;
    match read(&typed) {
        Ok(value) => {
            line.settle();
            Some(value)
        }
        Err(why) => {
            line.refuse(why);
            None
        }
    }
}

fn changed(settings: &Settings, change: impl FnOnce(&mut Settings)) -> Option<Settings> {
    let mut next = settings.clone();
    change(&mut next);
    (next != *settings).then_some(next)
}

fn section(ui: &mut Ui, text: &str) {
    ui.add_space(14.0);
    let label = ui.label(RichText::new(text).size(15.0).family(theme::semibold()));
    ui.ctx().accesskit_node_builder(label.id, |node| {
        node.set_role(egui::accesskit::Role::Heading);
        node.set_label(text);
    });
}

fn label(ui: &mut Ui, text: &str) {
    let faint = theme::palette(ui).faint;
    ui.label(small(text, faint).family(theme::medium()));
}

fn about(ui: &mut Ui, text: &str) {
    let faint = theme::palette(ui).faint;
    ui.add(Label::new(small(text, faint)).wrap());
}

/// What becomes of names that are taken.
fn named(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::KeepBoth => "What comes gets a number: photo (1).jpg.",
        Conflict::Skip => "What is there stays, and the other one doesn’t come.",
        Conflict::Replace => "What comes takes the place of what is there, once it is whole.",
        Conflict::Complete => "What is there and the same is not sent again. What differs gets a number.",
    }
}

/// What a visibility means.
pub fn seen(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Everyone => "Everyone on this network sees it.",
        Visibility::Known => "Devices you know see it. Others need a code, or its address.",
        Visibility::Hidden => "Nobody sees it. Others need a code, or its address.",
    }
}
