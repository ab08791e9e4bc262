//! Paints what is in one offer, and where it goes, and says what was pressed on it.

use egui::{
    Align, Context, CornerRadius, Frame, Label, Layout, Margin, RichText, ScrollArea, Sense, Ui, WidgetInfo,
    vec2,
};

use super::{
    cards, list,
    verdict::{Standing, Verdict},
    view::View,
};
use crate::gui::{
    icons, meeting,
    on_screen::Age,
    theme,
    tools::Tools,
    widgets::{Button, Look, choice, icon, icon_button, line, modal, small, strong, tile},
};
use crate::model::Trust;

const WIDTH: f32 = 560.0;
/// What may be thought of a device once its offer is accepted.
const LATER: [(Trust, &str); 3] =
    [(Trust::Known, "Ask me"), (Trust::Trusted, "Always accept"), (Trust::Own, "My own device")];
const ROW: f32 = 32.0;
/// Room for the head and the buttons, and for margins.
const AROUND: f32 = 190.0;
/// The same, and for what stands below the rows.
const BELOW: f32 = 470.0;

/// What was just opened can’t be pressed.
pub fn show(ctx: &Context, view: &mut View, standing: &Standing, age: Age, tools: &Tools) -> Option<Verdict> {
    modal(ctx, "What is offered", WIDTH, |ui| {
        let mut verdict = head(ui, view, standing, age);
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

fn head(ui: &mut Ui, view: &View, standing: &Standing, age: Age) -> Option<Verdict> {
    let p = theme::palette(ui);
    let mut verdict = None;
    ui.horizontal_top(|ui| {
        tile(ui, view.icon, 44.0, p.accent, p.accent_soft);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let open = *standing == Standing::Open;
            if icon_button(ui, icons::X, if open { "Answer later" } else { "Close" }).clicked() {
                verdict = Some(Verdict::Close);
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                let words = ui.label(cards::headline(ui, &view.headline, 16.5, 3));
                // It is read first, and nothing is pressed by what was being typed.
                let heading =
                    ui.interact(words.rect, ui.scope_id().with("heading"), Sense::focusable_noninteractive());
                heading.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &view.headline));
                if age == Age::Fresh {
                    heading.request_focus();
                }
                let trust = view.trust.map_or(String::new(), |trust| format!("{trust} · "));
                ui.add(Label::new(small(format!("{trust}{}", view.amount()), p.faint)).wrap());
            });
        });
    });
    verdict
}

fn body(ui: &mut Ui, view: &mut View, standing: &Standing, age: Age, tools: &Tools) -> Option<Verdict> {
    let p = theme::palette(ui);
    if let Standing::Withdrawn(why) = standing {
        ui.label(RichText::new(why).color(p.warn));
    }
    if let Some(warning) = &view.caution {
        meeting::caution(ui, warning);
    }
    cards::theirs(ui, view);
    let can_be_pressed = *standing == Standing::Open && age == Age::Ripe;
    let frame = Frame::new()
        .fill(p.well)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(10, 6));
    let height = (ui.ctx().content_rect().height() - BELOW).clamp(3.5 * ROW, 12.5 * ROW);
    if view.tree.is_some() {
        frame.show(ui, |ui| {
            ui.add_enabled_ui(can_be_pressed, |ui| {
                let View { tree, needle, .. } = &mut *view;
                if let Some(tree) = tree {
                    list::show(ui, tree, needle, height);
                }
            });
        });
    } else if !view.items.is_empty() {
        frame.show(ui, |ui| items(ui, view, height));
    }
    if let Some(text) = &view.already {
        cards::hint(ui, icons::INFO, text, p.text);
    }
    let mut verdict = None;
    if let Some(form) = &mut view.form {
        verdict = ui.add_enabled_ui(can_be_pressed, |ui| form.show(ui, tools)).inner;
    }
    for note in view.notes() {
        cards::hint(ui, icons::INFO, note, p.faint);
    }
    if let Some(free) = view.free.as_deref().filter(|_| view.is_in_its_folder()) {
        ui.label(small(free, p.faint));
    }
    if let Some(text) = view.too_big() {
        cards::hint(ui, icons::WARNING, &text, p.warn);
    }
    if view.trustable.is_some() {
        ui.label(small("What it offers later", p.faint).family(theme::medium()));
        ui.add_enabled_ui(can_be_pressed, |ui| choice(ui, &mut view.later, &LATER));
    }
    details(ui, view);
    verdict
}

/// What stands at the top, of an offer that has no tree.
fn items(ui: &mut Ui, view: &View, height: f32) {
    let p = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let rows = view.items.len() + usize::from(view.more.is_some());
    let area = ScrollArea::vertical().id_salt("items").max_height(height).auto_shrink([false, true]);
    area.show_rows(ui, ROW, rows, |ui, range| {
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
    });
}

fn details(ui: &mut Ui, view: &mut View) {
    let p = theme::palette(ui);
    let caret = if view.is_detailed { icons::CARET_DOWN } else { icons::CARET_RIGHT };
    if ui.add(Button::new("Details", Look::Quiet).icon(caret).named("Details of its device")).clicked() {
        view.is_detailed = !view.is_detailed;
    }
    if view.is_detailed {
        for (what, text) in &view.details {
            ui.horizontal(|ui| {
                ui.label(small(*what, p.faint));
                line(ui, RichText::new(text).monospace().size(12.0));
            });
        }
    }
}

fn buttons(ui: &mut Ui, view: &View, standing: &Standing, age: Age) -> Option<Verdict> {
    let p = theme::palette(ui);
    let mut verdict = None;
    let unfit = view.unfit();
    if let Some(why) = &unfit {
        ui.add(Label::new(small(why, p.bad)).wrap());
    }
    ui.add_enabled_ui(age == Age::Ripe && *standing == Standing::Open, |ui| {
        ui.horizontal(|ui| {
            let decline = Button::new("Decline", Look::Danger).icon(icons::X).height(40.0);
            if ui.add(decline).clicked() {
                verdict = Some(Verdict::Decline);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let accept = Button::new("Accept", Look::Primary).icon(icons::CHECK).height(40.0);
                if ui.add_enabled(unfit.is_none(), accept).clicked() {
                    verdict = Some(Verdict::Accept);
                }
                if let Some(total) = view.chosen() {
                    line(ui, strong(crate::model::text::bytes(total.bytes)));
                }
            });
        });
    });
    verdict
}
