//! Paints the card of one offer, as it stands where Activity begins, and says what was pressed on it.

use egui::{Align, Color32, CornerRadius, FontId, Frame, Label, Layout, Margin, Stroke, Ui, text::LayoutJob};

use super::{
    verdict::Verdict,
    view::{Met, View, Whose},
};
use crate::{
    gui::{
        icons::{self, Icon},
        on_screen::Age,
        theme,
        widgets::{Button, Check, Look, icon, line, small, tick, tile},
    },
    model::Trust,
};

/// One card, as wide as there is room.
pub fn show(ui: &mut Ui, view: &mut View, age: Age) -> Option<Verdict> {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .fill(p.accent_soft)
        .stroke(Stroke::new(1.5, p.accent))
        .corner_radius(CornerRadius::same(12))
        .inner_margin(Margin::same(12));
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 6.0;
            head(ui, view);
            if let Some((image, text, color)) = first_hint(ui, view) {
                short(ui, image, &text, color);
            }
            ui.add_enabled_ui(age == Age::Ripe, |ui| {
                if view.trustable.is_some() {
                    let check = if view.later == Trust::Known { Check::Off } else { Check::On };
                    if tick(ui, check, "Always from this device") {
                        view.later = if check == Check::Off { Trust::Trusted } else { Trust::Known };
                    }
                }
                buttons(ui, view)
            })
            .inner
        })
        .inner
}

fn head(ui: &mut Ui, view: &View) {
    let p = theme::palette(ui);
    ui.horizontal_top(|ui| {
        tile(ui, view.icon, 40.0, p.accent, p.card);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.label(headline(ui, &view.headline, 15.0, 2));
            let place = match (&view.folder, &view.form) {
                (_, Some(form)) => format!(" · into {}", form.shown()),
                (Some(folder), None) => format!(" · into {folder}"),
                (None, None) => String::new(),
            };
            let trust = view.trust.map_or(String::new(), |trust| format!("{trust} · "));
            let text = format!("{trust}{}{place}", view.amount());
            line(ui, small(text, p.faint));
        });
    });
}

/// The one thing to know before an answer; the dialog says all.
fn first_hint(ui: &Ui, view: &View) -> Option<(Icon, String, Color32)> {
    let p = theme::palette(ui);
    if view.caution.is_some() {
        let text = "Careful: you know another device of this name, and this is not it. “Choose…” says more.";
        return Some((icons::WARNING, text.to_owned(), p.bad));
    }
    if let Some(text) = view.too_big() {
        return Some((icons::WARNING, text, p.warn));
    }
    let text = view.already.as_ref().map(|text| match view.chosen() {
        None => format!("{text} Only the rest comes."),
        Some(_) => text.clone(),
    });
    let text = text.or_else(|| their_code(view));
    let text = text.or_else(|| view.notes().first().map(|note| (*note).to_owned()))?;
    Some((icons::INFO, text, p.text))
}

fn their_code(view: &View) -> Option<String> {
    let Met { code, whose: Whose::Theirs } = view.meeting? else { return None };
    Some(format!("It does not know this device yet, and asks there whether the code is {code}."))
}

/// What the other device compares, where the person here need not.
pub fn theirs(ui: &mut Ui, view: &View) {
    if let Some(text) = their_code(view) {
        hint(ui, icons::INFO, &text, theme::palette(ui).text);
    }
}

/// The names in it are the peer's, as long as it likes: the card and its buttons must fit all the same.
pub fn headline(ui: &Ui, text: &str, size: f32, rows: usize) -> LayoutJob {
    let font = FontId::new(size, theme::semibold());
    let mut job = LayoutJob::simple(text.to_owned(), font, theme::palette(ui).text, ui.available_width());
    job.wrap.max_rows = rows;
    job
}

pub fn hint(ui: &mut Ui, image: Icon, text: &str, color: Color32) {
    ui.horizontal_top(|ui| {
        icon(ui, image, 16.0, color);
        ui.add(Label::new(small(text, color)).wrap());
    });
}

/// The same in so few lines that the buttons stay in sight.
fn short(ui: &mut Ui, image: Icon, text: &str, color: Color32) {
    ui.horizontal_top(|ui| {
        icon(ui, image, 16.0, color);
        let font = FontId::proportional(theme::SMALL);
        let mut job = LayoutJob::simple(text.to_owned(), font, color, ui.available_width());
        job.wrap.max_rows = 3;
        // In a row, text would else go on for ever.
        ui.add(Label::new(job).wrap()).on_hover_text(text);
    });
}

fn buttons(ui: &mut Ui, view: &View) -> Option<Verdict> {
    let mut verdict = None;
    let is_fit = view.unfit().is_none();
    // What is seen comes first in what is heard, and tells several cards apart.
    let (accept, decline, choose) = (
        format!("Accept: {} from {}", view.title, view.peer),
        format!("Decline: {} from {}", view.title, view.peer),
        format!("Choose…: what of {} from {}, and where to", view.title, view.peer),
    );
    ui.horizontal(|ui| {
        if ui.add(Button::new("Decline", Look::Danger).named(&decline)).clicked() {
            verdict = Some(Verdict::Decline);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = Button::new("Accept", Look::Primary).icon(icons::CHECK).named(&accept);
            if ui.add_enabled(is_fit, button).clicked() {
                verdict = Some(Verdict::Accept);
            }
            if view.form.is_some() && ui.add(Button::new("Choose…", Look::Plain).named(&choose)).clicked() {
                verdict = Some(Verdict::Look);
            }
        });
    });
    verdict
}
