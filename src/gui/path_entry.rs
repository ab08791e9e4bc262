//! A line to type or paste a path into, where a file dialog can't help.

use std::{borrow::Cow, path::PathBuf};

use egui::{Key, Label, Ui};

use super::{
    icons, paths, theme,
    widgets::{Button, Field, Look, field, icon_button, small},
};

/// Why the line is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Asked,
    /// The desktop has no file dialog.
    NoDialog,
    /// The dialog has not answered for a while.
    Slow,
}

pub struct PathEntry {
    text: String,
    why: Why,
    problem: Option<paths::BadPath>,
    fresh: bool,
}

/// What a person did with the line in this frame.
pub enum Entered {
    Nothing,
    Path(PathBuf),
    Closed,
}

impl PathEntry {
    pub fn new(why: Why) -> Self {
        Self { text: String::new(), why, problem: None, fresh: true }
    }

    /// Room it takes, in points.
    pub fn height(&self) -> f32 {
        if self.remark().is_some() { 92.0 } else { 68.0 }
    }

    /// What to know about the line: what is wrong with it, or why it is there.
    fn remark(&self) -> Option<Cow<'static, str>> {
        if let Some(problem) = self.problem {
            return Some(problem.to_string().into());
        }
        match self.why {
            Why::Asked => None,
            Why::NoDialog => Some("This desktop has no file dialog. Type or paste a path instead.".into()),
            Why::Slow => Some("No dialog to be seen? Type or paste a path instead.".into()),
        }
    }

    pub fn show(&mut self, ui: &mut Ui, label: &str, action: &str) -> Entered {
        let p = theme::palette(ui);
        let mut entered = Entered::Nothing;
        let beside = 130.0;
        let hint = if cfg!(windows) { r"C:\Users\Me\Pictures" } else { "/home/me/pictures" };
        let row = ui.cursor().min;
        let line = field(ui, &mut self.text, &Field { label, hint }, beside);
        if std::mem::take(&mut self.fresh) {
            line.request_focus();
        }
        if line.changed() {
            self.problem = None;
        }
        let mut add = line.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let buttons = egui::Rect::from_min_max(
            egui::pos2(line.rect.right() + 8.0, line.rect.top()),
            egui::pos2(row.x + ui.available_width(), line.rect.bottom()),
        );
        super::widgets::inside(ui, buttons, |ui| {
            ui.horizontal(|ui| {
                add |= ui.add(Button::new(action, Look::Plain)).clicked();
                if icon_button(ui, icons::X, "Close the path field").clicked() {
                    entered = Entered::Closed;
                }
            });
        });
        if line.has_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            entered = Entered::Closed;
        }
        if add {
            match paths::typed(&self.text) {
                Ok(path) => {
                    self.text.clear();
                    entered = Entered::Path(path);
                }
                Err(problem) => self.problem = Some(problem),
            }
            line.request_focus();
        }
        if let Some(remark) = self.remark() {
            let color = if self.problem.is_some() { p.bad } else { p.warn };
            ui.add(Label::new(small(remark, color)).truncate());
        }
        entered
    }
}
