//! “Save as…”: another name, another folder, and what to do with names that are taken.

use std::path::PathBuf;

use egui::{Rect, Ui, pos2};

use super::verdict::Verdict;
use crate::{
    gui::{
        paths::{self, BadPath},
        theme,
        tools::Tools,
        widgets::{Button, Field, Look, choice, field, inside, small},
    },
    model::{Conflict, Landing, RelPath, UnsafePath},
};

#[derive(Clone)]
pub struct Form {
    /// The name of the one thing offered; `None` for several.
    offered: Option<String>,
    name: String,
    /// Where it goes unless the person says otherwise.
    usual: PathBuf,
    folder: PathBuf,
    /// The folder as the field was filled with it: a path that is no text survives unedited.
    folder_shown: String,
    folder_text: String,
    conflict: Conflict,
}

/// What may become of names that are taken.
pub const CHOICES: [(Conflict, &str); 4] = [
    (Conflict::KeepBoth, "Keep both"),
    (Conflict::Skip, "Skip"),
    (Conflict::Replace, "Replace"),
    (Conflict::Complete, "Only missing"),
];

/// Why the form can't be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Folder(#[from] BadPath),
    #[error("This can’t be a name: {0}.")]
    Name(#[from] UnsafePath),
    #[error("A name can’t hold “/”.")]
    Slash,
}

impl Form {
    pub fn new(usual: PathBuf, offered: Option<String>, conflict: Conflict) -> Self {
        let shown = paths::shown(&usual);
        Self {
            name: offered.clone().unwrap_or_default(),
            offered,
            folder: usual.clone(),
            usual,
            folder_text: shown.clone(),
            folder_shown: shown,
            conflict,
        }
    }

    pub fn conflict(&self) -> Conflict {
        self.conflict
    }

    /// True while it goes where it would go by itself.
    pub fn is_in_its_folder(&self) -> bool {
        self.folder == self.usual && self.folder_text == self.folder_shown
    }

    /// The same, and under its own name.
    pub fn is_in_its_place(&self) -> bool {
        self.is_in_its_folder() && self.name.trim() == self.offered.as_deref().unwrap_or_default()
    }

    /// Where it goes, as people read it.
    pub fn shown(&self) -> &str {
        &self.folder_text
    }

    pub fn choose(&mut self, folder: PathBuf) {
        self.folder_shown = paths::shown(&folder);
        self.folder_text.clone_from(&self.folder_shown);
        self.folder = folder;
    }

    pub fn landing(&self) -> Result<Landing, Unfit> {
        let folder = if self.folder_text == self.folder_shown {
            self.folder.clone()
        } else {
            paths::typed(&self.folder_text)?
        };
        let name =
            Some(self.name.trim()).filter(|name| !name.is_empty() && Some(*name) != self.offered.as_deref());
        if let Some(name) = name {
            RelPath::parse(name)?;
            if name.contains(['/', '\\']) {
                return Err(Unfit::Slash);
            }
        }
        Ok(Landing {
            folder: (folder != self.usual).then_some(folder),
            name: name.map(str::to_owned),
            conflict: self.conflict,
            ..Landing::default()
        })
    }

    pub fn show(&mut self, ui: &mut Ui, tools: &Tools) -> Option<Verdict> {
        let p = theme::palette(ui);
        let mut verdict = None;
        ui.spacing_mut().item_spacing.y = 5.0;
        let name = match self.offered {
            Some(_) => Field { label: "Name", hint: "Its own name" },
            None => Field { label: "New folder", hint: "None: straight into the folder below" },
        };
        field(ui, &mut self.name, &name, 0.0);
        let width = ui.available_width();
        let edit = field(ui, &mut self.folder_text, &Field { label: "Folder", hint: "" }, 102.0);
        let at = Rect::from_min_max(
            pos2(edit.rect.right() + 8.0, edit.rect.top()),
            pos2(edit.rect.left() + width, edit.rect.bottom()),
        );
        inside(ui, at, |ui| {
            let change = Button::new("Change…", Look::Plain).named("Change… the folder").filling();
            if ui.add_enabled(!tools.dialog_is_open(), change).clicked() {
                verdict = Some(Verdict::ChangeFolder(self.folder.clone()));
            }
        });
        ui.label(small("Where a name is taken", p.faint).family(theme::medium()));
        choice(ui, &mut self.conflict, &CHOICES);
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new("/inbox".into(), Some("a.txt".to_owned()), Conflict::KeepBoth)
    }

    #[test]
    fn what_was_left_as_it_was_is_left_to_the_engine() {
        assert_eq!(form().landing(), Ok(Landing::default()));
        let blank = Form { name: "  ".to_owned(), ..form() };
        assert_eq!(blank.landing(), Ok(Landing::default()));
    }

    #[test]
    fn a_name_stays_inside_its_folder() {
        for bad in ["..", "a/b", "/a", "x\0y", "a\\b"] {
            let form = Form { name: bad.to_owned(), ..form() };
            assert!(form.landing().is_err(), "{bad}");
        }
        let named = Form { name: " 写真.txt ".to_owned(), ..form() };
        assert_eq!(named.landing().unwrap().name.as_deref(), Some("写真.txt"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_name_is_no_text_survives_as_long_as_it_is_not_edited() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = PathBuf::from(std::ffi::OsString::from_vec(b"/x\xff".to_vec()));
        let mut form = form();
        form.choose(odd.clone());
        assert_eq!(form.landing().unwrap().folder, Some(odd));
        form.folder_text = "relative".to_owned();
        assert_eq!(form.landing(), Err(Unfit::Folder(BadPath::Relative)));
    }
}
