//! One known device: in words, and painted.

use std::{path::PathBuf, time::SystemTime};

use egui::{Align, Label, Layout, RichText, Ui};

use crate::{
    gui::{
        icons::{self, Icon},
        path_entry::{Entered, PathEntry, Why},
        paths, theme,
        tools::Tools,
        widgets::{Button, Look, choice, icon, icon_button, line, small, strong, tile},
    },
    model::{DeviceId, DeviceKind, KnownDevice, Proof, Trust, text},
};

/// From this width on, what can be set stands beside who it is.
const WIDE: f32 = 760.0;

const TRUST: [(Trust, &str); 4] = [
    (Trust::Known, "Known"),
    (Trust::Trusted, "Always accept"),
    (Trust::Own, "My own"),
    (Trust::Blocked, "Blocked"),
];

pub struct Row {
    pub id: DeviceId,
    pub name: String,
    pub trust: Trust,
    kind: DeviceKind,
    id_shown: String,
    proof: Proof,
    seen: SystemTime,
    is_here: bool,
    folder: Option<PathBuf>,
    /// Whether the person is asked if it is really to be forgotten.
    forgetting: bool,
    entry: Option<PathEntry>,
}

/// What a person asked of a row.
pub enum Act {
    Trust(Trust),
    Forget,
    /// A folder, by a dialog that starts there.
    Choose(PathBuf),
    Folder(Option<PathBuf>),
    Copy(String),
}

impl Row {
    pub fn new(device: &KnownDevice, is_here: bool) -> Self {
        let mut row = Self {
            id: device.id,
            name: String::new(),
            trust: device.trust,
            kind: device.kind,
            id_shown: device.id.to_string(),
            proof: device.proof,
            seen: device.seen,
            is_here,
            folder: None,
            forgetting: false,
            entry: None,
        };
        row.hear(device, is_here);
        row
    }

    pub fn hear(&mut self, device: &KnownDevice, is_here: bool) {
        self.name = text::visible(device.name.as_str()).into_owned();
        self.trust = device.trust;
        self.kind = device.kind;
        self.proof = device.proof;
        self.seen = device.seen;
        self.is_here = is_here;
        self.folder.clone_from(&device.folder);
    }

    pub fn type_folder(&mut self, why: Why) {
        self.entry = Some(PathEntry::new(why));
    }

    pub fn show(&mut self, ui: &mut Ui, usual: &str, tools: &Tools) -> Option<Act> {
        ui.add_space(8.0);
        let line = ui.visuals().widgets.noninteractive.bg_stroke;
        ui.painter().hline(ui.max_rect().x_range(), ui.cursor().top() - 6.0, line);
        let mut act = None;
        if ui.available_width() >= WIDE {
            ui.columns(2, |sides| {
                act = self.who(&mut sides[0]);
                act = self.what(&mut sides[1], usual, tools).or(act.take());
            });
        } else {
            act = self.who(ui);
            act = self.what(ui, usual, tools).or(act);
        }
        ui.add_space(4.0);
        act
    }

    fn who(&mut self, ui: &mut Ui) -> Option<Act> {
        let p = theme::palette(ui);
        let mut act = None;
        let (color, ground) = match self.trust {
            Trust::Blocked => (p.bad, p.bad_soft),
            Trust::Trusted | Trust::Own => (p.good, p.good_soft),
            Trust::Known | Trust::Stranger => (p.accent, p.accent_soft),
        };
        ui.horizontal_top(|ui| {
            tile(ui, Icon::of_device(self.kind), 40.0, color, ground);
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                if self.forgetting {
                    // Where the first press was, the second does no harm.
                    if ui.add(Button::new("Keep", Look::Plain)).clicked() {
                        self.forgetting = false;
                    }
                    let forget = format!("Really forget {}", self.name);
                    if ui.add(Button::new("Forget", Look::Danger).named(&forget)).clicked() {
                        act = Some(Act::Forget);
                    }
                } else {
                    let forget = format!("Forget {}", self.name);
                    self.forgetting = ui.add(Button::new("Forget…", Look::Quiet).named(&forget)).clicked();
                }
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    line(ui, strong(&self.name).size(15.0));
                    let color = if self.is_here { p.good } else { p.faint };
                    line(ui, small(self.account(), color));
                });
            });
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = 24.0;
            if icon_button(ui, icons::COPY, &format!("Copy the id of {}", self.name)).clicked() {
                act = Some(Act::Copy(self.id_shown.clone()));
            }
            line(ui, RichText::new(&self.id_shown).monospace().size(12.0).color(p.faint))
                .on_hover_text("The device’s id");
        });
        act
    }

    /// When it was here, and how it was made sure who it is.
    fn account(&self) -> String {
        let proof = match self.proof {
            Proof::None => "nobody has made sure who it is",
            Proof::Compared => "you have compared a code",
            Proof::Code => "it knew the code it was told",
            Proof::Fingerprint => "you gave its id",
        };
        let seen = if self.is_here { "Here now".to_owned() } else { format!("Last seen {}", ago(self.seen)) };
        format!("{seen} · {proof}")
    }

    fn what(&mut self, ui: &mut Ui, usual: &str, tools: &Tools) -> Option<Act> {
        let p = theme::palette(ui);
        let mut act = None;
        let mut trust = self.trust;
        if choice(ui, &mut trust, &TRUST) {
            act = Some(Act::Trust(trust));
        }
        let means = match self.trust {
            Trust::Stranger | Trust::Known => "You are asked about what it sends.",
            Trust::Trusted => "What it sends is accepted without asking.",
            Trust::Own => "Your own: what it sends is accepted without asking.",
            Trust::Blocked => "It gets no answer, and what it offers is not shown.",
        };
        ui.add(Label::new(small(means, p.faint)).wrap());
        if self.trust == Trust::Blocked {
            return act;
        }
        if let Some(entry) = &mut self.entry {
            match entry.show(ui, "Folder for what it sends", "Use") {
                Entered::Nothing => {}
                Entered::Path(folder) => {
                    self.entry = None;
                    act = Some(Act::Folder(Some(folder)));
                }
                Entered::Closed => self.entry = None,
            }
            return act;
        }
        self.folder(ui, usual, tools).or(act)
    }

    fn folder(&self, ui: &mut Ui, usual: &str, tools: &Tools) -> Option<Act> {
        let p = theme::palette(ui);
        let mut act = None;
        ui.horizontal(|ui| {
            icon(ui, icons::FOLDER_OPEN, 18.0, p.faint);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = format!("Change the folder for {}", self.name);
                let change = Button::new("Change", Look::Plain).named(&name);
                if ui.add_enabled(!tools.dialog_is_open(), change).clicked() {
                    act = Some(Act::Choose(self.folder.clone().unwrap_or_else(|| PathBuf::from(usual))));
                }
                let name = format!("The usual folder for {}", self.name);
                if self.folder.is_some() && ui.add(Button::new("Usual", Look::Quiet).named(&name)).clicked() {
                    act = Some(Act::Folder(None));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    match &self.folder {
                        Some(folder) => line(ui, RichText::new(paths::shown(folder))),
                        None => line(ui, RichText::new("Where everything goes").color(p.faint)),
                    };
                });
            });
        });
        act
    }
}

/// How long ago it was, in one unit.
fn ago(then: SystemTime) -> String {
    let minutes = then.elapsed().unwrap_or_default().as_secs() / 60;
    let long = match minutes {
        0..2 => return "just now".to_owned(),
        2..120 => text::count(minutes, "minute", "minutes"),
        120..2_880 => text::count(minutes / 60, "hour", "hours"),
        _ => text::count(minutes / 1_440, "day", "days"),
    };
    format!("{long} ago")
}
