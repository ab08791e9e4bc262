//! Colours, fonts and spacing in dark and light: the one place where a colour is a number.
//!
//! Knows nothing of what is shown with them.

use std::sync::Arc;

use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke,
    Style, TextStyle, Theme, Ui, Visuals,
    epaint::text::{FontTweak, VariationCoords},
    style::{ScrollStyle, WidgetVisuals},
    vec2,
};

use crate::model::DeviceKind;

/// Corner radius of cards.
pub const CARD_RADIUS: u8 = 14;
/// Corner radius of buttons and fields.
pub const CONTROL_RADIUS: u8 = 9;
/// Height of buttons and fields.
pub const CONTROL_HEIGHT: f32 = 34.0;
/// Space between an edge of a card and what is in it.
pub const CARD_PADDING: i8 = 18;
/// Space between cards, and between the cards and the window's edge.
pub const GUTTER: f32 = 16.0;

/// Size of what explains something else.
pub const SMALL: f32 = 12.5;
/// Size of ordinary text.
pub const BODY: f32 = 14.0;

/// What every colour is for.
pub struct Palette {
    pub canvas: Color32,
    pub card: Color32,
    /// Fields, buttons and other hollows in a card.
    pub well: Color32,
    /// A well under the pointer; the track of a bar.
    pub raised: Color32,
    /// Between cards and the canvas, and between parts of a card: nobody has to see it.
    pub line: Color32,
    /// Around what can be pressed or filled, around the track of a bar and the place to drop things: it has to be seen.
    pub edge: Color32,
    pub edge_strong: Color32,
    pub text: Color32,
    pub faint: Color32,
    pub accent: Color32,
    pub accent_hover: Color32,
    pub accent_soft: Color32,
    pub on_accent: Color32,
    pub good: Color32,
    pub good_soft: Color32,
    pub warn: Color32,
    pub bad: Color32,
    pub bad_soft: Color32,
    /// Over the window while a question stands.
    pub scrim: Color32,
    card_shadow: Shadow,
    popup_shadow: Shadow,
    modal_shadow: Shadow,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

const fn shadow(y: i8, blur: u8, alpha: u8) -> Shadow {
    Shadow { offset: [0, y], blur, spread: 0, color: Color32::from_black_alpha(alpha) }
}

static DARK: Palette = Palette {
    canvas: rgb(0x0F_1115),
    card: rgb(0x17_1A20),
    well: rgb(0x1E_222A),
    raised: rgb(0x29_2E38),
    line: rgb(0x26_2B34),
    edge: rgb(0x72_7A8A),
    edge_strong: rgb(0x94_9CAB),
    text: rgb(0xEC_EEF2),
    faint: rgb(0x9A_A3B2),
    accent: rgb(0x6C_93FF),
    accent_hover: rgb(0x86_A7FF),
    accent_soft: rgb(0x1C_2947),
    on_accent: rgb(0x0A_1124),
    good: rgb(0x3F_D08B),
    good_soft: rgb(0x13_2E23),
    warn: rgb(0xF2_B64C),
    bad: rgb(0xFF_7272),
    bad_soft: rgb(0x39_1C20),
    scrim: Color32::from_black_alpha(150),
    card_shadow: shadow(1, 3, 60),
    popup_shadow: shadow(6, 20, 110),
    modal_shadow: shadow(16, 48, 140),
};

static LIGHT: Palette = Palette {
    canvas: rgb(0xF3_F5F9),
    card: rgb(0xFF_FFFF),
    well: rgb(0xF4_F6FA),
    raised: rgb(0xE8_ECF3),
    line: rgb(0xE2_E6EE),
    edge: rgb(0x7D_8595),
    edge_strong: rgb(0x5F_6878),
    text: rgb(0x14_1821),
    faint: rgb(0x58_6172),
    accent: rgb(0x2D_5BE3),
    accent_hover: rgb(0x22_4ABF),
    accent_soft: rgb(0xE6_EDFF),
    on_accent: rgb(0xFF_FFFF),
    good: rgb(0x0D_7445),
    good_soft: rgb(0xDF_F5E9),
    warn: rgb(0x95_5F00),
    bad: rgb(0xC7_2C3A),
    bad_soft: rgb(0xFD_E8EA),
    scrim: Color32::from_black_alpha(90),
    card_shadow: shadow(1, 4, 14),
    popup_shadow: shadow(6, 20, 36),
    modal_shadow: shadow(16, 48, 60),
};

/// The colours of the theme that a ui is painted in.
pub fn palette(ui: &Ui) -> &'static Palette {
    of(if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light })
}

/// The colours of a theme.
pub fn of(theme: Theme) -> &'static Palette {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

/// The ground of a picture of a device of this kind, in both themes; what stands on it is white.
pub fn of_kind(kind: DeviceKind) -> Color32 {
    match kind {
        DeviceKind::Laptop => rgb(0x2D_5BE3),
        DeviceKind::Desktop => rgb(0x6B_47D6),
        DeviceKind::Phone => rgb(0xA2_3595),
        DeviceKind::Server => rgb(0x8A_4A00),
        DeviceKind::Unknown => rgb(0x0F_7263),
    }
}

impl Palette {
    pub fn card_shadow(&self) -> Shadow {
        self.card_shadow
    }

    pub fn popup_shadow(&self) -> Shadow {
        self.popup_shadow
    }

    pub fn modal_shadow(&self) -> Shadow {
        self.modal_shadow
    }
}

pub fn medium() -> FontFamily {
    FontFamily::Name("medium".into())
}

pub fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Icons alone: a family of its own, so that a peer's private-use characters never look like one.
pub fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// Gives a context Airlift's fonts and both of its themes.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| dress(style, theme));
    }
}

fn fonts() -> FontDefinitions {
    // One variable font, three weights: only its coordinates differ.
    let inter = |weight: f32| {
        let tweak = FontTweak { coords: VariationCoords::new([(b"wght", weight)]), ..FontTweak::default() };
        Arc::new(FontData::from_static(include_bytes!("../../assets/fonts/Inter.ttf")).tweak(tweak))
    };
    // Icons have no stems to snap: they are crisper unhinted.
    let tweak = FontTweak { hinting: Some(false), ..FontTweak::default() };
    let phosphor =
        Arc::new(FontData::from_static(include_bytes!("../../assets/fonts/Phosphor.ttf")).tweak(tweak));

    let mut fonts = FontDefinitions::default();
    let fallbacks = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let weights = [
        (FontFamily::Proportional, "inter", 400.0),
        (medium(), "inter-medium", 520.0),
        (semibold(), "inter-semibold", 620.0),
    ];
    for (family, name, weight) in weights {
        fonts.font_data.insert(name.to_owned(), inter(weight));
        let chain = std::iter::once(name.to_owned()).chain(fallbacks.iter().cloned()).collect();
        fonts.families.insert(family, chain);
    }
    fonts.font_data.insert("phosphor".to_owned(), phosphor);
    fonts.families.insert(icons(), vec!["phosphor".to_owned(), "inter".to_owned()]);
    fonts
}

fn dress(style: &mut Style, theme: Theme) {
    let p = of(theme);
    style.text_styles = [
        (TextStyle::Small, FontId::new(SMALL, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(BODY, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(BODY, medium())),
        (TextStyle::Heading, FontId::new(17.0, semibold())),
        (TextStyle::Monospace, FontId::new(SMALL, FontFamily::Monospace)),
    ]
    .into();
    style.spacing.item_spacing = vec2(8.0, 8.0);
    style.spacing.button_padding = vec2(12.0, 6.0);
    style.spacing.interact_size = vec2(CONTROL_HEIGHT, CONTROL_HEIGHT);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.scroll = ScrollStyle::floating();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    style.animation_time = 0.12;

    let v = &mut style.visuals;
    *v = if theme == Theme::Dark { Visuals::dark() } else { Visuals::light() };
    v.panel_fill = p.canvas;
    v.window_fill = p.card;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = CornerRadius::same(CARD_RADIUS + 4);
    v.menu_corner_radius = CornerRadius::same(CONTROL_RADIUS + 3);
    v.window_shadow = p.modal_shadow;
    v.popup_shadow = p.popup_shadow;
    v.extreme_bg_color = p.well;
    v.text_edit_bg_color = Some(p.well);
    v.faint_bg_color = p.well;
    v.hyperlink_color = p.accent;
    v.selection.bg_fill = p.accent.gamma_multiply(0.35);
    v.selection.stroke = Stroke::new(1.5, p.accent);
    v.weak_text_color = Some(p.faint);
    v.warn_fg_color = p.warn;
    v.error_fg_color = p.bad;
    v.disabled_alpha = 0.5;
    // A blinking caret would draw two frames a second in a window that is at rest.
    v.text_cursor.blink = false;
    let look = |fill, line, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        fg_stroke: Stroke::new(1.0, text),
        corner_radius: CornerRadius::same(CONTROL_RADIUS),
        expansion: 0.0,
    };
    v.widgets.noninteractive = look(p.card, p.line, p.text);
    v.widgets.inactive = look(p.well, p.edge, p.text);
    v.widgets.hovered = look(p.raised, p.edge_strong, p.text);
    v.widgets.active = look(p.raised, p.accent, p.text);
    v.widgets.open = look(p.raised, p.edge_strong, p.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance(color: Color32) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_stands_out_from_what_it_is_written_on() {
        for theme in [Theme::Dark, Theme::Light] {
            let p = of(theme);
            let pairs = [
                (p.text, p.canvas),
                (p.text, p.card),
                (p.text, p.raised),
                (p.faint, p.canvas),
                (p.faint, p.card),
                (p.faint, p.well),
                (p.faint, p.raised),
                (p.accent, p.card),
                (p.accent, p.accent_soft),
                (p.on_accent, p.accent),
                (p.on_accent, p.accent_hover),
                (p.good, p.good_soft),
                (p.bad, p.bad_soft),
                (p.bad, p.card),
                (p.warn, p.card),
                (p.warn, p.well),
                (p.accent, p.well),
                (p.bad, p.well),
                (p.good, p.card),
            ];
            for (i, (text, ground)) in pairs.into_iter().enumerate() {
                let contrast = contrast(text, ground);
                assert!(contrast >= 4.5, "{theme:?}, pair {i}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn whatever_can_be_pressed_filled_or_dropped_on_has_an_edge_that_is_seen() {
        for theme in [Theme::Dark, Theme::Light] {
            let p = of(theme);
            for (i, ground) in [p.canvas, p.card, p.well, p.raised].into_iter().enumerate() {
                for (what, line) in [("edge", p.edge), ("strong edge", p.edge_strong), ("accent", p.accent)] {
                    let contrast = contrast(line, ground);
                    assert!(contrast >= 3.0, "{theme:?}, {what} on ground {i}: {contrast:.2}");
                }
            }
            // What a bar is filled with stands out from its track.
            for (i, filled) in [p.accent, p.good, p.warn, p.bad].into_iter().enumerate() {
                let contrast = contrast(filled, p.raised);
                assert!(contrast >= 3.0, "{theme:?}, bar {i}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn pictures_of_devices_stand_out() {
        let kinds = [
            DeviceKind::Laptop,
            DeviceKind::Desktop,
            DeviceKind::Phone,
            DeviceKind::Server,
            DeviceKind::Unknown,
        ];
        for kind in kinds {
            assert!(contrast(Color32::WHITE, of_kind(kind)) >= 4.5, "{kind:?}");
        }
    }

    #[test]
    fn no_text_is_too_small() {
        for theme in [Theme::Dark, Theme::Light] {
            let mut style = Style::default();
            dress(&mut style, theme);
            assert!(style.text_styles.values().all(|font| font.size >= 12.0));
        }
    }
}
