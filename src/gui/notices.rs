//! Short messages at the foot of the window that go by themselves.
//!
//! They sleep: between coming and going they ask for no frame.

use std::{collections::VecDeque, time::Duration};

use egui::{Align2, Area, Context, CornerRadius, Frame, Id, Label, Margin, Order, RichText, Stroke, vec2};

use super::{
    icons::{self, Icon},
    theme,
    widgets::icon,
};

/// How many are shown at once; an older one gives way.
const MOST: usize = 3;

#[derive(Default)]
pub struct Notices {
    shown: VecDeque<Notice>,
    told: u64,
}

struct Notice {
    number: u64,
    text: String,
    kind: Kind,
    /// Seconds on the window's clock; `None` until it was first seen.
    until: Option<f64>,
}

#[derive(Clone, Copy)]
enum Kind {
    Done,
    Failed,
}

impl Kind {
    /// Seconds. What failed takes longer to read.
    fn life(self) -> f64 {
        match self {
            Self::Done => 3.0,
            Self::Failed => 8.0,
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Done => icons::CHECK_CIRCLE,
            Self::Failed => icons::WARNING,
        }
    }
}

impl Notices {
    /// Something that was asked for is done.
    pub fn done(&mut self, text: impl Into<String>) {
        self.push(text.into(), Kind::Done);
    }

    /// Something that was asked for is not done.
    pub fn failed(&mut self, text: impl Into<String>) {
        self.push(text.into(), Kind::Failed);
    }

    fn push(&mut self, text: String, kind: Kind) {
        self.shown.retain(|notice| notice.text != text);
        if self.shown.len() == MOST {
            self.shown.pop_front();
        }
        self.told += 1;
        self.shown.push_back(Notice { number: self.told, text, kind, until: None });
    }

    pub fn show(&mut self, ctx: &Context) {
        let now = ctx.time();
        self.shown.retain(|notice| notice.until.is_none_or(|until| now < until));
        let p = theme::of(ctx.theme());
        let mut bottom = -20.0;
        for notice in self.shown.iter_mut().rev() {
            let until = *notice.until.get_or_insert(now + notice.kind.life());
            let area = Area::new(Id::unique(("notice", notice.number)))
                .order(Order::Tooltip)
                .interactable(false)
                .anchor(Align2::CENTER_BOTTOM, vec2(0.0, bottom));
            let shown = area.show(ctx, |ui| {
                let frame = Frame::new()
                    .fill(p.text)
                    .stroke(Stroke::NONE)
                    .corner_radius(CornerRadius::same(12))
                    .shadow(p.popup_shadow())
                    .inner_margin(Margin::symmetric(14, 10));
                frame.show(ui, |ui| {
                    ui.set_max_width((ctx.content_rect().width() - 96.0).min(520.0));
                    ui.horizontal_top(|ui| {
                        icon(ui, notice.kind.icon(), 18.0, p.canvas);
                        let text = RichText::new(&notice.text).family(theme::medium()).color(p.canvas);
                        let label = ui.add(Label::new(text).wrap());
                        ui.ctx().accesskit_node_builder(label.id, |node| {
                            node.set_live(egui::accesskit::Live::Polite);
                        });
                    });
                });
            });
            bottom -= shown.response.rect.height() + 8.0;
            ctx.request_repaint_after(Duration::from_secs_f64(until - now));
        }
    }
}
