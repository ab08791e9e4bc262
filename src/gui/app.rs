//! The window as a whole: hears, prepares, lays out.

use std::sync::Arc;

use egui::{
    Align, CentralPanel, Context, Frame, Layout, Margin, Panel, Rect, RichText, ScrollArea, Ui,
    UserAttentionType, ViewportCommand, ViewportId, pos2, vec2,
};

use super::{
    accepting::Accepting,
    bridge::Bridge,
    closing::Closing,
    desktop::{FilePicker, Opener, Picked},
    devices::Devices,
    history::{History, Past, Wish as HistoryWish},
    icons,
    interruptions::Interruptions,
    inviting::Inviting,
    meeting::Comparing,
    offer::Offers,
    path_entry::Why,
    quarantine::{Quarantine, Wish as QuarantineWish},
    receive_panel::{self, ReceivePanel, Wanted},
    rename::Rename,
    send_panel::{self, SendPanel, Wish},
    speed_limit::SpeedLimit,
    theme,
    tools::{Purpose, Tools},
    transfers::{self, Transfers},
    unseen::Unseen,
    virus_check::VirusCheck,
    widgets::{Button, Look, icon, icon_button, line, mark, strong},
};
use crate::{
    engine::{Command, Event, Handle, Looking, Update, Wake},
    model::text,
};

/// Where the panels have less room than this, they stand one above the other.
const NARROW: f32 = 780.0;
const BAR: f32 = 60.0;

/// What the window needs of the desktop around it.
pub struct Desktop {
    pub picker: Box<dyn FilePicker>,
    pub opener: Box<dyn Opener>,
    /// Where what came and went is recorded.
    pub past: Box<dyn Past>,
}

/// The window's whole state.
pub struct App {
    bridge: Bridge,
    tools: Tools,
    send: SendPanel,
    receive: ReceivePanel,
    transfers: Transfers,
    offers: Offers,
    comparing: Comparing,
    inviting: Inviting,
    closing: Closing,
    rename: Rename,
    speed_limit: SpeedLimit,
    interruptions: Interruptions,
    unseen: Unseen,
    devices: Devices,
    history: History,
    quarantine: Quarantine,
    virus_check: VirusCheck,
    accepting: Accepting,
    device: String,
    device_id: String,
}

impl App {
    #[must_use]
    pub fn new(ctx: &Context, handle: Handle, desktop: Desktop) -> Self {
        theme::install(ctx);
        let wake = {
            let ctx = ctx.clone();
            // Named, because from another thread the present viewport could be any.
            Arc::new(move || ctx.request_repaint_of(ViewportId::ROOT)) as Wake
        };
        let bridge = Bridge::new(handle.clone());
        let mut app = Self {
            send: SendPanel::new(bridge.snapshot.settings.recent.first()),
            receive: ReceivePanel::new(&bridge.snapshot),
            history: History::new(desktop.past, wake.clone()),
            tools: Tools::new(handle, desktop.picker, desktop.opener, wake),
            transfers: Transfers::default(),
            offers: Offers::default(),
            comparing: Comparing::default(),
            inviting: Inviting::default(),
            closing: Closing::default(),
            rename: Rename::default(),
            speed_limit: SpeedLimit::default(),
            interruptions: Interruptions::default(),
            unseen: Unseen::default(),
            devices: Devices::default(),
            quarantine: Quarantine::default(),
            virus_check: VirusCheck::default(),
            accepting: Accepting::default(),
            device: String::new(),
            device_id: String::new(),
            bridge,
        };
        app.hear_all();
        app.tools.ask(Command::Look(Looking::On));
        app
    }

    /// Takes everything from the snapshot.
    fn hear_all(&mut self) {
        let snapshot = &self.bridge.snapshot;
        self.device = snapshot.device.name.to_string();
        self.device_id = snapshot.device.id.short();
        self.send.hear(snapshot);
        self.devices.hear(snapshot);
        self.history.hear(snapshot);
        self.history.changed();
        self.quarantine.begin(snapshot.quarantined);
        self.receive.hear(snapshot);
        self.receive.settled();
        self.inviting.hear(snapshot);
        self.speed_limit.hear(&snapshot.settings);
        for problem in
            [&snapshot.unkept, &snapshot.unrecorded, &snapshot.refused, &snapshot.deaf].into_iter().flatten()
        {
            self.tools.notices.failed(&problem.text);
        }
        self.transfers.clear();
        self.offers.clear();
        self.comparing.clear();
        for transfer in &snapshot.transfers {
            self.transfers.hear(transfer);
            self.offers.hear(transfer, snapshot);
            self.comparing.hear(transfer);
        }
    }

    fn hear(&mut self, update: &Update, ctx: &Context) {
        let snapshot = &self.bridge.snapshot;
        match update {
            Update::Resync(_) => self.hear_all(),
            Update::Event(Event::Device(device)) => {
                self.device = device.name.to_string();
                self.device_id = device.id.short();
                self.receive.hear(snapshot);
            }
            Update::Event(Event::Settings(settings)) => {
                self.receive.hear(snapshot);
                self.history.hear(snapshot);
                self.speed_limit.hear(settings);
            }
            Update::Event(Event::Inbox(_)) => self.receive.hear(snapshot),
            Update::Event(Event::Receiving(_)) => {
                self.receive.hear(snapshot);
                self.receive.settled();
                self.inviting.hear(snapshot);
            }
            Update::Event(Event::Transfer(transfer)) => {
                self.transfers.hear(transfer);
                let is_met = self.comparing.hear(transfer);
                if (self.offers.hear(transfer, snapshot) || is_met) && !ctx.input(|i| i.focused) {
                    let call = ViewportCommand::RequestUserAttention(UserAttentionType::Informational);
                    ctx.send_viewport_cmd(call);
                }
            }
            Update::Event(Event::Forgotten(id)) => self.transfers.forget(*id),
            Update::Event(Event::Code(_)) => self.inviting.hear(snapshot),
            Update::Event(
                Event::Unkept(Some(problem))
                | Event::Unrecorded(Some(problem))
                | Event::Refused(Some(problem)),
            ) => {
                self.history.hear(snapshot);
                self.tools.notices.failed(&problem.text);
            }
            Update::Event(Event::Unkept(None) | Event::Refused(None)) => {}
            Update::Event(Event::Unrecorded(None)) => self.history.hear(snapshot),
            Update::Event(Event::Recorded(_)) => self.history.changed(),
            Update::Event(Event::Quarantined(count)) => {
                self.history.hear(snapshot);
                self.quarantine.hear(*count, &mut self.tools);
            }
            Update::Event(Event::Deaf(problem)) => {
                self.send.hear(snapshot);
                self.receive.hear(snapshot);
                if let Some(problem) = problem {
                    self.tools.notices.failed(&problem.text);
                }
            }
            Update::Event(Event::Nearby(_) | Event::Known(_)) => {
                self.send.hear(snapshot);
                self.devices.hear(snapshot);
                self.history.hear(snapshot);
            }
        }
    }

    fn hear_picked(&mut self, purpose: Purpose, picked: Picked) {
        match (purpose, picked) {
            (Purpose::Sending, Picked::Chosen(paths)) => self.send.add(paths),
            (Purpose::Sending, Picked::NoDialog) => self.send.offer_typing(Why::NoDialog),
            (Purpose::Folder, picked) => self.devices.folder_chosen(picked, &mut self.tools),
            (Purpose::Inbox, Picked::NoDialog) => self.receive.offer_typing(Why::NoDialog),
            (Purpose::Landing, Picked::NoDialog) => self.offers.folder_chosen(None, &mut self.tools),
            (Purpose::Inbox, Picked::Chosen(folders)) => {
                if let Some(folder) = folders.into_iter().next() {
                    self.receive.settle_in(folder, &self.bridge.snapshot.settings, &mut self.tools);
                }
            }
            (Purpose::Landing, Picked::Chosen(folders)) => {
                if let Some(folder) = folders.into_iter().next() {
                    self.offers.folder_chosen(Some(folder), &mut self.tools);
                }
            }
        }
    }

    fn bar(&mut self, ui: &mut Ui) {
        let p = theme::palette(ui);
        ui.horizontal_centered(|ui| {
            mark(ui, 32.0);
            ui.add_space(2.0);
            ui.label(RichText::new("Airlift").size(18.0).family(theme::semibold()));
            ui.add_space(6.0);
            let look = if self.devices.is_open() { Look::Plain } else { Look::Quiet };
            let devices = Button::new("Devices", look).icon(icons::DEVICES).height(30.0);
            if ui.add(devices).on_hover_text("Devices that you know, and those you have blocked").clicked() {
                self.history.close();
                self.quarantine.close();
                self.devices.toggle();
            }
            self.history_buttons(ui);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button(ui, icons::PENCIL, "Rename this device").clicked() {
                    self.rename.open(&self.device);
                }
                ui.label(RichText::new(&self.device_id).monospace().size(12.0).color(p.faint))
                    .on_hover_text("The beginning of this device’s id");
                ui.scope(|ui| {
                    ui.set_max_width((ui.available_width() - 26.0).max(0.0));
                    line(ui, strong(&self.device)).on_hover_text("What this device is called");
                });
                icon(ui, icons::LAPTOP, 18.0, p.faint);
            });
        });
    }

    fn history_buttons(&mut self, ui: &mut Ui) {
        let look = if self.history.is_open() { Look::Plain } else { Look::Quiet };
        let history = Button::new("History", look).icon(icons::HISTORY).height(30.0);
        if ui.add(history).on_hover_text("What came and went, and where it is").clicked() {
            let was_open = self.history.is_open();
            self.home();
            if !was_open {
                self.history.open();
            }
        }
        let count = self.quarantine.count();
        if count > 0 {
            // In a narrow window, the device’s name needs the room.
            let text = match ui.available_width() {
                ..420.0 => count.to_string(),
                _ => text::count(count, "file in quarantine", "files in quarantine"),
            };
            let quarantine = Button::new(&text, Look::Danger).icon(icons::QUARANTINE).height(30.0);
            if ui.add(quarantine.named("Show the quarantine")).clicked() {
                self.home();
                self.quarantine.open(&mut self.tools);
            }
        }
    }

    /// Back to the panels.
    fn home(&mut self) {
        self.devices.close();
        self.history.close();
        self.quarantine.close();
    }

    /// The page that stands instead of the panels. True when there is one.
    fn pages(&mut self, ui: &mut Ui, view: Rect) -> bool {
        if self.devices.is_open() {
            let usual = self.bridge.snapshot.settings.inbox.to_string_lossy();
            self.devices.show(ui, view, &usual, &mut self.tools);
        } else if self.quarantine.is_open() {
            match self.quarantine.show(ui, view, &mut self.tools) {
                Some(QuarantineWish::Close) => self.quarantine.close(),
                Some(QuarantineWish::Rules) => self.virus_check.open(&self.bridge.snapshot.settings),
                None => {}
            }
        } else if self.history.is_open() {
            match self.history.show(ui, view, &self.bridge.snapshot.settings, &mut self.tools) {
                Some(HistoryWish::Close) => self.history.close(),
                // The history is there again once the quarantine is closed.
                Some(HistoryWish::Quarantine) => self.quarantine.open(&mut self.tools),
                Some(HistoryWish::Again { path, device }) => {
                    self.history.close();
                    self.send.again(path, device);
                }
                None => {}
            }
        } else {
            return false;
        }
        true
    }

    /// The panels, in a rectangle that is at least as tall as they need.
    fn panels(&mut self, ui: &mut Ui, view: Rect) {
        let gap = theme::GUTTER;
        let origin = ui.max_rect().min + vec2(2.0, 4.0);
        let settings = &self.bridge.snapshot.settings;
        let (send, receive, transfers);
        if view.width() < NARROW {
            let width = view.width();
            send = Rect::from_min_size(origin, vec2(width, send_panel::HEIGHT));
            receive = Rect::from_min_size(
                pos2(send.left(), send.bottom() + gap),
                vec2(width, receive_panel::HEIGHT),
            );
            transfers = Rect::from_min_size(
                pos2(send.left(), receive.bottom() + gap),
                vec2(width, transfers::HEIGHT.max(view.height() * 0.6)),
            );
        } else {
            let width = ((view.width() - gap) / 2.0).floor();
            let height = (view.height() * 0.62).clamp(send_panel::HEIGHT, 560.0);
            send = Rect::from_min_size(origin, vec2(width, height));
            receive = send.translate(vec2(width + gap, 0.0));
            let below = (view.height() - height - gap).max(transfers::HEIGHT);
            transfers =
                Rect::from_min_size(pos2(send.left(), send.bottom() + gap), vec2(view.width(), below));
        }
        match self.send.show(ui, send, &settings.recent, &mut self.tools) {
            Some(Wish::Unseen) => self.unseen.open(&mut self.tools),
            Some(Wish::Devices) => self.devices.open(),
            None => {}
        }
        match self.receive.show(ui, receive, settings, &mut self.tools) {
            Wanted::Nothing => {}
            Wanted::Invitation => self.inviting.open(),
            Wanted::Rules => self.accepting.open(settings),
        }
        let beside = |ui: &mut Ui| {
            self.speed_limit.button(ui, settings);
            self.interruptions.button(ui, settings);
        };
        if let Some(id) = self.transfers.show(ui, transfers, beside, &mut self.tools) {
            self.offers.bring_back(id);
        }
        ui.advance_cursor_after_rect(send.union(transfers).expand2(vec2(0.0, 4.0)));
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        while let Some(update) = self.bridge.next() {
            self.hear(&update, ctx);
        }
        // Taken, not read: a hidden window is shown the same input again.
        let dropped = ctx.input_mut(|i| std::mem::take(&mut i.raw.dropped_files));
        let dropped: Vec<_> = dropped.iter().map(|file| file.path().to_owned()).collect();
        if self.devices.is_open() || self.history.is_open() || self.quarantine.is_open() {
            // No card is in sight.
            self.send.add(dropped);
        } else {
            self.send.drop_in(dropped, ctx, &mut self.tools);
        }
        if let Some((purpose, picked)) = self.tools.picked() {
            self.hear_picked(purpose, picked);
        }
        match self.tools.grown_slow(ctx) {
            Some(Purpose::Sending) => self.send.offer_typing(Why::Slow),
            Some(Purpose::Inbox) => self.receive.offer_typing(Why::Slow),
            Some(Purpose::Folder) => self.devices.offer_typing(),
            // The card has a field for the folder anyway.
            Some(Purpose::Landing) | None => {}
        }
        self.tools.hear_errands();
        self.unseen.update();
        self.history.update(ctx, &mut self.tools);
        self.quarantine.update(&mut self.tools);
        self.send.update(ctx, &self.tools);
        self.transfers.update(ctx, &self.bridge);
        self.closing.update(ctx, self.transfers.running());
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let p = theme::palette(ui);
        let edge = 18;
        let bar = Frame::new().fill(p.canvas).inner_margin(Margin::symmetric(20, 8));
        Panel::top("bar").exact_size(BAR).show_separator_line(false).frame(bar).show(ui, |ui| self.bar(ui));
        let middle = Frame::new().fill(p.canvas).inner_margin(Margin {
            left: edge,
            right: edge,
            top: 0,
            bottom: edge,
        });
        CentralPanel::default().frame(middle).show(ui, |ui| {
            // Room for the cards' borders and shadows inside the scrolled area.
            let view = ui.available_rect_before_wrap().shrink2(vec2(2.0, 4.0));
            if self.pages(ui, view) {
                return;
            }
            ScrollArea::vertical()
                .id_salt("page")
                .auto_shrink([false, false])
                .show(ui, |ui| self.panels(ui, view));
        });
        let ctx = ui.ctx().clone();
        // The question that came last is the first to hear the Escape key.
        self.closing.show(&ctx, self.transfers.running());
        self.inviting.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.comparing.show(&ctx, &mut self.tools);
        self.offers.show(&ctx, &mut self.tools);
        self.rename.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.speed_limit.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.unseen.show(&ctx, &mut self.tools);
        self.accepting.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.virus_check.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.interruptions.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.tools.notices.show(&ctx);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
