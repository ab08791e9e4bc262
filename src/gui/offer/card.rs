//! Paints the card of one offer and says what was pressed on it.

use egui::{
    Align, Context, CornerRadius, FontId, Frame, Label, Layout, Margin, RichText, ScrollArea, Ui,
    text::LayoutJob, vec2,
};

use super::{Standing, Verdict, form::CHOICES, view::View};
use crate::gui::{
    icons, meeting,
    on_screen::Age,
    theme,
    tools::Tools,
    widgets::{Button, Look, badge, choice, icon, icon_button, line, modal, small, strong, tile},
};
use crate::model::Trust;

const WIDTH: f32 = 480.0;
/// What may be thought of a device once its offer is accepted.
const LATER: [(Trust, &str); 3] =
    [(Trust::Known, "Ask me"), (Trust::Trusted, "Always accept"), (Trust::Own, "My own device")];
const ROW: f32 = 30.0;
/// Room for the head and the buttons of the card, and for its margins.
const AROUND: f32 = 250.0;

/// `count` offers wait, this one among them; a fresh card can't be pressed.
pub fn show(
    ctx: &Context,
    view: &mut View,
    standing: &Standing,
    count: usize,
    age: Age,
    tools: &Tools,
) -> Option<Verdict> {
    modal(ctx, "Incoming offer", WIDTH, |ui| {
        let mut verdict = head(ui, view, standing, count);
        ui.add_space(2.0);
        let room = (ctx.content_rect().height() - AROUND).max(80.0);
        ScrollArea::vertical().id_salt("offer").max_height(room).show(ui, |ui| {
            ui.set_width(ui.available_width());
            verdict = body(ui, view, standing, age, tools).or(verdict.take());
        });
        ui.add_space(6.0);
        buttons(ui, view, standing, age).or(verdict)
    })
}

fn head(ui: &mut Ui, view: &View, standing: &Standing, count: usize) -> Option<Verdict> {
    let p = theme::palette(ui);
    let mut verdict = None;
    ui.horizontal_top(|ui| {
        tile(ui, icons::LAPTOP, 44.0, p.good, p.good_soft);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let open = *standing == Standing::Open;
            if icon_button(ui, icons::X, if open { "Answer later" } else { "Close" }).clicked() {
                verdict = Some(Verdict::Later);
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.label(headline(ui, &view.headline));
                line(ui, small(format!("From {}. The name is what it calls itself.", view.address), p.faint));
                if let Some(id) = &view.device_id {
                    line(ui, RichText::new(id).monospace().size(12.0).color(p.faint))
                        .on_hover_text("The device’s id");
                }
                if let Some(trust) = view.trust {
                    badge(ui, trust, p.good, p.good_soft);
                }
                if count > 1 {
                    badge(ui, &format!("1 of {count} offers"), p.accent, p.accent_soft);
                }
            });
        });
    });
    verdict
}

/// The names in it are the peer's, as long as it likes: the card and its buttons must fit all the same.
fn headline(ui: &Ui, text: &str) -> LayoutJob {
    let font = FontId::new(16.5, theme::semibold());
    let mut job = LayoutJob::simple(text.to_owned(), font, theme::palette(ui).text, ui.available_width());
    job.wrap.max_rows = 3;
    job
}

fn body(ui: &mut Ui, view: &mut View, standing: &Standing, age: Age, tools: &Tools) -> Option<Verdict> {
    let p = theme::palette(ui);
    if let Standing::Withdrawn(why) = standing {
        ui.label(RichText::new(why).color(p.warn));
    }
    if let Some(warning) = &view.caution {
        meeting::caution(ui, warning);
    }
    let mut differ = None;
    let can_be_pressed = *standing == Standing::Open && age == Age::Ripe;
    // What can’t be answered any more keeps its shape: nothing moves under the pointer.
    if let Some((code, about)) = view.meeting {
        ui.add(Label::new(RichText::new(about).color(p.faint)).wrap());
        meeting::code(ui, code);
        let other = Button::new("The codes differ", Look::Quiet).height(26.0);
        if ui.add_enabled(can_be_pressed, other).clicked() {
            differ = Some(Verdict::Differ);
        }
    }
    let frame = Frame::new()
        .fill(p.well)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(10, 6));
    if !view.items.is_empty() {
        frame.show(ui, |ui| items(ui, view));
    }
    ui.label(strong(&view.total));
    let mut verdict = differ;
    if let Some(form) = &mut view.form {
        let shown = ui.add_enabled_ui(can_be_pressed, |ui| form.show(ui, tools));
        verdict = shown.inner.or(verdict);
    } else if let Some(folder) = &view.folder {
        ui.horizontal(|ui| {
            icon(ui, icons::FOLDER_OPEN, 18.0, p.faint);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(free) = &view.free {
                    ui.label(small(free, p.faint));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| line(ui, RichText::new(folder)));
            });
        });
    }
    if let (Some(text), None) = (&view.already, &view.form) {
        hint(ui, icons::INFO, text, p.text);
        ui.add_enabled_ui(can_be_pressed, |ui| choice(ui, &mut view.conflict, &CHOICES));
    }
    if view.trustable.is_some() {
        ui.label(small("What it offers later", p.faint).family(theme::medium()));
        ui.add_enabled_ui(can_be_pressed, |ui| choice(ui, &mut view.later, &LATER));
    }
    if let Some(text) = &view.too_big {
        hint(ui, icons::WARNING, text, p.warn);
    }
    for note in view.notes() {
        hint(ui, icons::INFO, note, p.faint);
    }
    verdict
}

fn items(ui: &mut Ui, view: &View) {
    let p = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let rows = view.items.len() + usize::from(view.more.is_some());
    let seen = if view.form.is_some() { 2.5 } else { 5.5 };
    ScrollArea::vertical().id_salt("items").max_height(seen * ROW).auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        rows,
        |ui, range| {
            for row in range {
                let size = vec2(ui.available_width(), ROW);
                ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                    let Some(item) = view.items.get(row) else {
                        ui.label(RichText::new(view.more.as_deref().unwrap_or_default()).color(p.faint));
                        return;
                    };
                    icon(ui, item.icon, 18.0, p.accent);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.label(RichText::new(&item.size).color(p.faint));
                        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                            line(ui, RichText::new(&item.name));
                        });
                    });
                });
            }
        },
    );
}

fn hint(ui: &mut Ui, image: icons::Icon, text: &str, color: egui::Color32) {
    ui.horizontal_top(|ui| {
        icon(ui, image, 16.0, color);
        ui.add(Label::new(small(text, color)).wrap());
    });
}

fn buttons(ui: &mut Ui, view: &mut View, standing: &Standing, age: Age) -> Option<Verdict> {
    let mut verdict = None;
    let fit = view.form.as_ref().is_none_or(|form| form.landing().is_ok());
    ui.add_enabled_ui(age == Age::Ripe && *standing == Standing::Open, |ui| {
        ui.horizontal(|ui| {
            let decline = Button::new("Decline", Look::Danger).icon(icons::X).height(40.0);
            if ui.add(decline).clicked() {
                verdict = Some(Verdict::Decline);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                // With a code before one’s eyes, it means more than a yes.
                let text = if view.meeting.is_some() { "Same code, accept" } else { "Accept" };
                let accept = Button::new(text, Look::Primary).icon(icons::CHECK).height(40.0);
                if ui.add_enabled(fit, accept).clicked() {
                    verdict = Some(Verdict::Accept);
                }
                let text = if view.form.is_some() { "Back" } else { "Save as…" };
                if view.has_form() && ui.add(Button::new(text, Look::Plain).height(40.0)).clicked() {
                    view.toggle_form();
                    verdict = Some(Verdict::Reshaped);
                }
            });
        });
    });
    verdict
}
