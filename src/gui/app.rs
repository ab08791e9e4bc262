//! The window as a whole: hears, prepares, lays out.

use std::sync::Arc;

use egui::{
    CentralPanel, Context, Frame, Margin, Panel, Rect, Ui, UserAttentionType, ViewportCommand, ViewportId,
};

use super::{
    activity::Activity,
    appearance,
    bar::{self, Bar},
    bridge::Bridge,
    closing::Closing,
    desktop::{Clipboard, FilePicker, Opener, Picked},
    devices::Devices,
    history::{History, Past, Wish as HistoryWish},
    home::{self, Home},
    inviting::Inviting,
    meeting::Comparing,
    page::Page,
    pasting::{Pasted, Pasting},
    path_entry::Why,
    quarantine::{Quarantine, Wish as QuarantineWish},
    receiving,
    settings_page::{self, SettingsPage},
    theme,
    tools::{Purpose, Tools},
    unseen::Unseen,
};
use crate::engine::{Command, Event, Handle, Looking, Update, Wake};

/// What the window needs of the desktop around it.
pub struct Desktop {
    pub picker: Box<dyn FilePicker>,
    pub opener: Box<dyn Opener>,
    pub clipboard: Box<dyn Clipboard>,
    /// Where what came and went is recorded.
    pub past: Box<dyn Past>,
}

/// The window's whole state.
pub struct App {
    bridge: Bridge,
    tools: Tools,
    page: Page,
    home: Home,
    devices: Devices,
    history: History,
    quarantine: Quarantine,
    settings: SettingsPage,
    comparing: Comparing,
    inviting: Inviting,
    closing: Closing,
    unseen: Unseen,
    pasting: Pasting,
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
        let activity = Activity::new(desktop.past.as_ref(), wake.clone());
        let mut app = Self {
            page: Page::Home,
            pasting: Pasting::new(desktop.clipboard, wake.clone()),
            home: Home::new(&bridge.snapshot, activity, wake.clone()),
            history: History::new(desktop.past, wake.clone()),
            tools: Tools::new(handle, desktop.picker, desktop.opener, wake),
            devices: Devices::default(),
            quarantine: Quarantine::default(),
            settings: SettingsPage::default(),
            comparing: Comparing::default(),
            inviting: Inviting::default(),
            closing: Closing::default(),
            unseen: Unseen::default(),
            bridge,
        };
        app.hear_all();
        app.tools.ask(Command::Look(Looking::On));
        receiving::take_up(&app.bridge.snapshot.settings, &mut app.tools);
        app
    }

    /// Takes everything from the snapshot.
    fn hear_all(&mut self) {
        let snapshot = &self.bridge.snapshot;
        self.home.send.hear(snapshot);
        self.home.activity.meet(snapshot);
        self.home.activity.changed();
        self.devices.hear(snapshot);
        self.history.hear(snapshot);
        self.history.changed();
        self.quarantine.begin(snapshot.quarantined);
        self.home.receive.hear(snapshot);
        self.home.receive.settled();
        self.inviting.hear(snapshot);
        let problems = [
            &snapshot.unread,
            &snapshot.unsaved,
            &snapshot.unkept,
            &snapshot.unrecorded,
            &snapshot.refused,
            &snapshot.deaf,
        ];
        for problem in problems.into_iter().flatten() {
            self.tools.notices.failed(&problem.text);
        }
        self.home.hear_transfers(&snapshot.transfers);
        self.home.offers.clear();
        self.comparing.clear();
        for transfer in &snapshot.transfers {
            self.home.offers.hear(transfer, snapshot);
            self.comparing.hear(transfer);
        }
    }

    fn hear(&mut self, update: &Update, ctx: &Context) {
        let snapshot = &self.bridge.snapshot;
        match update {
            Update::Resync(_) => self.hear_all(),
            Update::Event(Event::Settings(_)) => {
                self.home.receive.hear(snapshot);
                self.home.activity.meet(snapshot);
                self.history.hear(snapshot);
            }
            Update::Event(Event::Device(_)) => {
                self.home.receive.hear(snapshot);
                self.inviting.hear(snapshot);
            }
            Update::Event(Event::Inbox(_)) => self.home.receive.hear(snapshot),
            Update::Event(Event::Receiving(_)) => {
                self.home.receive.hear(snapshot);
                self.home.receive.settled();
                self.inviting.hear(snapshot);
            }
            Update::Event(Event::Transfer(transfer)) => {
                self.home.activity.hear(transfer);
                let is_met = self.comparing.hear(transfer);
                if (self.home.offers.hear(transfer, snapshot) || is_met) && !ctx.input(|i| i.focused) {
                    let call = ViewportCommand::RequestUserAttention(UserAttentionType::Informational);
                    ctx.send_viewport_cmd(call);
                }
            }
            Update::Event(Event::Forgotten(id)) => self.home.activity.forget(*id),
            Update::Event(Event::Code(_)) => self.inviting.hear(snapshot),
            Update::Event(
                Event::Unkept(Some(problem))
                | Event::Unrecorded(Some(problem))
                | Event::Refused(Some(problem))
                | Event::Unsaved(Some(problem)),
            ) => {
                self.history.hear(snapshot);
                self.tools.notices.failed(&problem.text);
            }
            Update::Event(Event::Unkept(None) | Event::Refused(None) | Event::Unsaved(None)) => {}
            Update::Event(Event::Unrecorded(None)) => self.history.hear(snapshot),
            Update::Event(Event::Recorded(_)) => {
                self.history.changed();
                self.home.activity.changed();
            }
            Update::Event(Event::Quarantined(count)) => {
                self.history.hear(snapshot);
                self.quarantine.hear(*count, &mut self.tools);
            }
            Update::Event(Event::Deaf(problem)) => {
                self.home.send.hear(snapshot);
                self.home.receive.hear(snapshot);
                self.inviting.hear(snapshot);
                if let Some(problem) = problem {
                    self.tools.notices.failed(&problem.text);
                }
            }
            Update::Event(Event::Nearby(_) | Event::Known(_)) => {
                self.home.send.hear(snapshot);
                self.home.activity.meet(snapshot);
                self.devices.hear(snapshot);
                self.history.hear(snapshot);
            }
        }
    }

    fn hear_picked(&mut self, purpose: Purpose, picked: Picked, ctx: &Context) {
        match (purpose, picked) {
            (Purpose::Sending, Picked::Chosen(paths)) => self.home.send.chosen(paths, ctx, &mut self.tools),
            (Purpose::Sending, Picked::NoDialog) => self.home.send.offer_typing(Why::NoDialog),
            (Purpose::Folder, picked) => self.devices.folder_chosen(picked, &mut self.tools),
            (Purpose::Inbox, Picked::NoDialog) => self.home.receive.offer_typing(Why::NoDialog),
            (Purpose::Landing, Picked::NoDialog) => self.home.offers.folder_chosen(None, &mut self.tools),
            (Purpose::Inbox, Picked::Chosen(folders)) => {
                if let Some(folder) = folders.into_iter().next() {
                    self.home.receive.settle_in(folder, &self.bridge.snapshot.settings, &mut self.tools);
                }
            }
            (Purpose::Landing, Picked::Chosen(folders)) => {
                if let Some(folder) = folders.into_iter().next() {
                    self.home.offers.folder_chosen(Some(folder), &mut self.tools);
                }
            }
        }
    }

    /// Shows another page.
    fn go(&mut self, page: Page) {
        if self.page == Page::Quarantine {
            self.quarantine.close();
        }
        // The history stays as it was behind the quarantine.
        if !matches!(page, Page::History | Page::Quarantine) {
            self.history.close();
        }
        match page {
            Page::Home | Page::Settings => {}
            Page::Devices => self.devices.open(),
            Page::History if self.history.is_open() => {}
            Page::History => self.history.open(),
            Page::Quarantine => self.quarantine.open(&mut self.tools),
        }
        self.page = page;
    }

    fn bar(&mut self, ui: &mut Ui) {
        let device = self.bridge.snapshot.device.name.to_string();
        let bar = Bar { page: self.page, device: &device, quarantined: self.quarantine.count() };
        match bar.show(ui) {
            Some(bar::Wish::Page(page)) => self.go(page),
            Some(bar::Wish::Rename) => {
                self.go(Page::Settings);
                self.settings.rename();
            }
            None => {}
        }
    }

    fn page(&mut self, ui: &mut Ui, mut view: Rect) {
        if self.page != Page::Home {
            let (rest, is_pressed) = self.home.offers.banner(ui, view);
            view = rest;
            if is_pressed {
                self.go(Page::Home);
                self.home.raise();
            }
        }
        let settings = &self.bridge.snapshot.settings;
        match self.page {
            Page::Home => match self.home.show(ui, view, settings, &mut self.tools) {
                Some(home::Wish::Unseen) => self.unseen.open(&mut self.tools),
                Some(home::Wish::Devices) => self.go(Page::Devices),
                Some(home::Wish::Invitation) => self.inviting.open(),
                Some(home::Wish::Offer(id)) => self.home.offers.look_at(id),
                Some(home::Wish::History) => self.go(Page::History),
                None => {}
            },
            Page::Devices => {
                let usual = settings.inbox.to_string_lossy();
                if self.devices.show(ui, view, &usual, &mut self.tools) {
                    self.go(Page::Home);
                }
            }
            Page::Quarantine => match self.quarantine.show(ui, view, &mut self.tools) {
                Some(QuarantineWish::Close) => {
                    let back = if self.history.is_open() { Page::History } else { Page::Home };
                    self.go(back);
                }
                Some(QuarantineWish::Rules) => self.settings.ask_for_scanner(settings),
                None => {}
            },
            Page::History => match self.history.show(ui, view, settings, &mut self.tools) {
                Some(HistoryWish::Close) => self.go(Page::Home),
                Some(HistoryWish::Quarantine) => self.go(Page::Quarantine),
                Some(HistoryWish::Again { path, device }) => {
                    self.go(Page::Home);
                    self.home.send.again(path, device);
                }
                None => {}
            },
            Page::Settings => match self.settings.show(ui, view, &self.bridge.snapshot, &mut self.tools) {
                Some(settings_page::Wish::Close) => self.go(Page::Home),
                None => {}
            },
        }
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
        if self.page == Page::Home {
            self.home.send.drop_in(dropped, ctx, &mut self.tools);
        } else {
            // No card is in sight.
            self.home.send.add(dropped);
        }
        self.pasting.hear(ctx);
        match self.pasting.pasted(&mut self.tools.notices) {
            Some(Pasted::Files(files)) => self.home.send.paste(files, None),
            Some(Pasted::Text(text)) => self.home.send.paste(Vec::new(), Some(text)),
            None => {}
        }
        if let Some((purpose, picked)) = self.tools.picked() {
            self.hear_picked(purpose, picked, ctx);
        }
        match self.tools.grown_slow(ctx) {
            Some(Purpose::Sending) => self.home.send.offer_typing(Why::Slow),
            Some(Purpose::Inbox) => self.home.receive.offer_typing(Why::Slow),
            Some(Purpose::Folder) => self.devices.offer_typing(),
            // The card has a field for the folder anyway.
            Some(Purpose::Landing) | None => {}
        }
        self.tools.hear_errands();
        appearance::choose(ctx, self.bridge.snapshot.settings.theme);
        self.unseen.update();
        self.history.update(ctx, &mut self.tools);
        self.quarantine.update(&mut self.tools);
        self.home.send.update(ctx, &mut self.tools);
        self.home.activity.update(ctx, &self.bridge, &mut self.tools);
        if ctx.input(|i| i.viewport().close_requested()) {
            // What was pressed is meant, though the moment in which it could be taken back is not over.
            self.home.send.flush(&mut self.tools);
        }
        self.closing.update(ctx, self.home.activity.running());
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let p = theme::palette(ui);
        let frame = |top, bottom| {
            let side = if ui.available_width() < 520.0 { 8 } else { 16 };
            Frame::new().fill(p.canvas).inner_margin(Margin { left: side, right: side, top, bottom })
        };
        let (bar, middle) = (frame(4, 4), frame(0, 12));
        Panel::top("bar")
            .exact_size(bar::HEIGHT)
            .show_separator_line(false)
            .frame(bar)
            .show(ui, |ui| self.bar(ui));
        CentralPanel::default().frame(middle).show(ui, |ui| {
            let view = home::view(ui);
            self.page(ui, view);
        });
        let ctx = ui.ctx().clone();
        // The question that came last is the first to hear the Escape key.
        self.closing.show(&ctx, self.home.activity.running());
        self.inviting.show(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.comparing.show(&ctx, &mut self.tools);
        self.home.offers.show(&ctx, &mut self.tools);
        self.settings.cards(&ctx, &self.bridge.snapshot.settings, &mut self.tools);
        self.unseen.show(&ctx, &mut self.tools);
        self.tools.notices.show(&ctx);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
