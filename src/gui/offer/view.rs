//! An offer in the words of its card, prepared once.

use std::path::PathBuf;

use super::{
    form::{Form, Unfit},
    tree::{Total, Tree},
};
use crate::{
    engine::Snapshot,
    gui::{icons::Icon, meeting, paths},
    model::{
        Agreement, CompareCode, Conflict, DeviceId, DeviceKind, Direction, EntryKind, Landing, LeaveOut,
        Medium, Purpose, Scope, Shortfall, Summary, Transfer, TransferId, TransferState, Trust, text,
    },
};

pub struct View {
    pub id: TransferId,
    /// What its device looks like.
    pub icon: Icon,
    pub peer: String,
    /// “Anna’s laptop wants to send you photo.jpg”.
    pub headline: String,
    /// What it is, in a few words.
    pub title: String,
    /// What few people need to know of who sends it, with its name.
    pub details: Vec<(&'static str, String)>,
    /// What stands at the top, where there is no tree.
    pub items: Vec<Item>,
    /// Things at the top that are not listed.
    pub more: Option<String>,
    pub total: String,
    /// `None` for what touches no disk.
    pub folder: Option<String>,
    pub free: Option<String>,
    /// “312 of 400 files are here already.”
    pub already: Option<String>,
    pub meeting: Option<Met>,
    pub caution: Option<String>,
    /// What is thought of the device, where that is more than nothing.
    pub trust: Option<&'static str>,
    /// Whom an answer may make trusted; `None` of who is trusted, or may be somebody else.
    pub trustable: Option<DeviceId>,
    /// What is to be thought of it from then on.
    pub later: Trust,
    /// Where it goes and what becomes of names; `None` for what is not kept, or has its place already.
    pub form: Option<Form>,
    /// All that is offered; `None` where that is not known, or one thing.
    pub tree: Option<Tree>,
    /// What is looked for in it.
    pub needle: String,
    pub is_detailed: bool,
    /// What a speed test lacks of room.
    no_room: Option<String>,
    /// What it seems to lack of room, all of it, where it goes unless the person says otherwise.
    short: Option<Shortfall>,
    /// What the notes are true of.
    noted: Conflict,
    notes: Vec<String>,
    /// The same where only what is missing is to come.
    completing: Vec<String>,
    /// Where what the device sends goes, if that is not where everything goes.
    own_folder: Option<PathBuf>,
}

/// What both screens show, and what that is for.
#[derive(Clone, Copy)]
pub struct Met {
    pub code: CompareCode,
    pub whose: Whose,
}

/// Who compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The person here, before anything else.
    Asked,
    /// The person here has.
    Compared,
    /// The other device’s.
    Theirs,
}

pub struct Item {
    pub icon: Icon,
    pub name: String,
    pub size: String,
}

/// How much it is, and what its sender has left out.
fn total(summary: &Summary) -> String {
    let size = summary.size_line();
    match summary.skipped.listed(Direction::Receive) {
        Some(left_out) => format!("{size}. Left out there: {left_out}."),
        None => size,
    }
}

fn items(summary: &Summary) -> Vec<Item> {
    let item = |top: &crate::model::TopItem| Item {
        icon: Icon::of_entry(&top.name, top.kind),
        name: text::visible(&top.name).into_owned(),
        size: match top.kind {
            EntryKind::Folder => "folder".to_owned(),
            EntryKind::File { size: Some(size), .. } => text::bytes(size),
            EntryKind::File { size: None, .. } => "size not known".to_owned(),
        },
    };
    summary.top.iter().map(item).collect()
}

fn kind(snapshot: &Snapshot, id: Option<DeviceId>) -> DeviceKind {
    let known = snapshot.known.iter().find(|device| Some(device.id) == id).map(|device| device.kind);
    let near = || snapshot.nearby.iter().find(|device| Some(device.id) == id).map(|device| device.kind);
    known.or_else(near).unwrap_or(DeviceKind::Unknown)
}

impl View {
    pub fn new(transfer: &Transfer, snapshot: &Snapshot) -> Self {
        let settings = &snapshot.settings;
        let summary = &transfer.summary;
        let peer = text::visible(transfer.peer.label()).into_owned();
        let folder = transfer.folder.clone().unwrap_or_else(|| settings.inbox.clone());
        let (kept, on_disk) = match summary.purpose {
            Purpose::Files => (true, true),
            Purpose::Trial(medium) => (false, medium == Medium::Disk),
            Purpose::Text => (false, false),
        };
        let things = summary.top.len() as u64 + summary.more;
        let what = match things {
            _ if summary.purpose == Purpose::Text => "send you a text".to_owned(),
            _ if !kept => "try how fast it can send to you".to_owned(),
            1 => format!("send you {}", summary.title()),
            _ => format!("send you {}", text::count(things, "thing", "things")),
        };
        let free = transfer.free.filter(|_| on_disk);
        let only = match &summary.top[..] {
            [only] if summary.more == 0 => Some(only.name.clone()),
            _ => None,
        };
        let already = transfer.here_already();
        let conflict = if already.is_some() { Conflict::Complete } else { settings.conflict };
        let mut details = vec![("It calls itself", peer.clone())];
        details.push(("From", text::visible(&transfer.peer.address).into_owned()));
        details.extend(transfer.peer.id.map(|id| ("Its id", id.to_string())));
        let list = transfer.list.clone().filter(|list| kept && list.len() > 1);
        Self {
            id: transfer.id,
            icon: Icon::of_device(kind(snapshot, transfer.peer.id)),
            already,
            headline: format!("{peer} wants to {what}"),
            peer,
            title: summary.title(),
            details,
            items: if kept { items(summary) } else { Vec::new() },
            more: (summary.more > 0).then(|| format!("and {}", text::count(summary.more, "more", "more"))),
            total: total(summary),
            folder: on_disk.then(|| paths::shown(&folder)),
            free: free.map(|free| format!("{} free", text::bytes(free))),
            no_room: free.filter(|free| !kept && *free < summary.bytes).map(|free| {
                let (needed, free) = (text::bytes(summary.bytes), text::bytes(free));
                format!("This needs {needed}, but only {free} are free there. Make room first.")
            }),
            short: transfer.lacks(),
            noted: settings.conflict,
            notes: shown(&transfer.notes),
            completing: shown(transfer.completing.as_ref().unwrap_or(&transfer.notes)),
            meeting: transfer.meeting.map(|meeting| Met { code: meeting.code, whose: whose(meeting.here) }),
            caution: transfer.caution.as_ref().map(meeting::warning),
            trust: transfer.peer.id.and_then(|id| trusted(snapshot.trust(id))),
            trustable: transfer
                .peer
                .id
                // Who is met first is trusted later: the sender may still find another code.
                .filter(|id| {
                    let is_sure = transfer.caution.is_none() && transfer.meeting.is_none();
                    kept && is_sure && snapshot.trust(*id) == Trust::Known
                }),
            later: Trust::Known,
            own_folder: (folder != settings.inbox).then(|| folder.clone()),
            form: (kept && transfer.scope == Scope::Whole).then(|| Form::new(folder, only, conflict)),
            tree: list.map(Tree::new),
            needle: String::new(),
            is_detailed: false,
        }
    }

    /// Of an offer that is told anew: what its person has chosen so far stays.
    pub fn keep_choices(&mut self, before: Self) {
        self.later = before.later;
        if let (Some(form), Some(was)) = (&mut self.form, before.form) {
            *form = was;
        }
        if let (Some(tree), Some(was)) = (&mut self.tree, before.tree)
            && tree.is_of_same(&was)
        {
            *tree = was;
            self.needle = before.needle;
        }
        self.is_detailed = before.is_detailed;
        if let (Some(Met { whose: whose @ Whose::Asked, .. }), Some(Met { whose: Whose::Compared, .. })) =
            (&mut self.meeting, before.meeting)
        {
            *whose = Whose::Compared;
        }
    }

    /// How much of it is chosen; `None` where all of it is.
    pub fn chosen(&self) -> Option<Total> {
        self.tree.as_ref().map(Tree::total).filter(|total| total.files < total.of || total.spared > 0)
    }

    /// “3 of 12 files, 4.20 MB”, or all of it.
    pub fn amount(&self) -> String {
        match self.chosen() {
            Some(Total { files, of, bytes, .. }) => {
                let files = text::count(files, "", "");
                let of = text::count(of, "file", "files");
                format!("{} of {of}, {}", files.trim_end(), text::bytes(bytes))
            }
            None => self.total.clone(),
        }
    }

    /// True where it goes as it was thought to go, all of it.
    fn is_as_noted(&self) -> bool {
        let is_there = self.form.as_ref().is_none_or(Form::is_in_its_place);
        is_there && self.chosen().is_none()
    }

    /// True while it goes where it would go by itself.
    pub fn is_in_its_folder(&self) -> bool {
        self.form.as_ref().is_none_or(Form::is_in_its_folder)
    }

    /// What is to be known of names, as it is chosen now.
    pub fn notes(&self) -> Vec<&str> {
        let conflict = self.form.as_ref().map_or(self.noted, Form::conflict);
        let known = match conflict {
            Conflict::Complete if self.noted != Conflict::Complete => Some(&self.completing),
            conflict if conflict == self.noted => Some(&self.notes),
            _ => None,
        };
        match known.filter(|_| self.is_as_noted()) {
            Some(notes) => notes.iter().map(String::as_str).collect(),
            // What was found out speaks of another choice.
            None if self.notes.is_empty() && self.form.as_ref().is_none_or(Form::is_in_its_place) => {
                Vec::new()
            }
            None => vec![becomes(conflict)],
        }
    }

    /// What it seems to lack of room, as it is chosen now.
    pub fn too_big(&self) -> Option<String> {
        if let Some(no_room) = &self.no_room {
            return Some(no_room.clone());
        }
        // Of another folder, nothing is known before the answer.
        let short = self.short.filter(|_| self.is_in_its_folder())?;
        let needed = short.needed.saturating_sub(self.chosen().map_or(0, |total| total.spared));
        // A disk keeps some for itself.
        if needed < short.needed && needed < short.free - short.free / 20 {
            return None;
        }
        let short = Shortfall { needed, ..short };
        Some(format!(
            "There may not be enough room: {short}. Choose another folder or fewer files; or accept, and what fits arrives, and the rest waits for room."
        ))
    }

    /// Takes over how much is free, if that is all that has changed.
    pub fn measured(&mut self, now: Self) {
        (self.free, self.short, self.no_room) = (now.free, now.short, now.no_room);
    }

    /// Where it goes, and what of it, if it is accepted now.
    pub fn landing(&self) -> Result<Landing, Unfit> {
        let landing = self.form.as_ref().map_or_else(|| Ok(Landing::default()), Form::landing)?;
        let without = self.tree.as_ref().map_or_else(LeaveOut::default, Tree::left_out);
        Ok(Landing { folder: landing.folder.or_else(|| self.own_folder.clone()), without, ..landing })
    }

    /// Why it can’t be accepted as it is chosen now.
    pub fn unfit(&self) -> Option<String> {
        if self.tree.as_ref().is_some_and(|tree| tree.is_whole() && tree.is_empty()) {
            return Some("Nothing is ticked. Tick what you want, or decline.".to_owned());
        }
        self.form.as_ref().and_then(|form| form.landing().err()).map(|unfit| unfit.to_string())
    }
}

fn shown(notes: &[String]) -> Vec<String> {
    notes.iter().map(|note| text::visible(note).into_owned()).collect()
}

/// What becomes of what has a name that is taken, where nobody has looked which do.
fn becomes(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::KeepBoth => "Where a name is taken, what comes gets a number.",
        Conflict::Skip => "What has a name that is taken doesn’t come.",
        Conflict::Replace => "What has a name that is taken takes the place of what is there.",
        Conflict::Complete => {
            "What is there and the same is not sent. What differs and has a name that is taken gets a number."
        }
    }
}

fn whose(here: Agreement) -> Whose {
    match here {
        Agreement::Asked => Whose::Asked,
        Agreement::Given => Whose::Compared,
        Agreement::NotNeeded => Whose::Theirs,
    }
}

fn trusted(trust: Trust) -> Option<&'static str> {
    match trust {
        Trust::Stranger | Trust::Blocked => None,
        Trust::Known => Some("You know it"),
        Trust::Trusted => Some("You trust it"),
        Trust::Own => Some("Your own"),
    }
}

/// Why an offer that was on the screen can't be answered any more.
pub fn farewell(transfer: &Transfer) -> String {
    match &transfer.state {
        TransferState::Finished(report) => report
            .outcome
            .problem()
            .map_or("This was answered already.".to_owned(), |text| text::visible(&text).into_owned()),
        _ => "This was answered already.".to_owned(),
    }
}
