//! Who imports whom, read from the sources: every module with the modules of this crate that it names, in `use`
//! items, in paths, and in the arguments of macros. What only tests name doesn't count.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, ItemMod, ItemUse, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

/// `transfer::sender::session`; empty for the crate itself.
pub type Name = String;

/// What the sources say.
pub struct Imports {
    /// Each module, and those that it imports.
    of: BTreeMap<Name, BTreeSet<Name>>,
    /// Each module, and the parts that it names: not where they have from what they show.
    parts: BTreeSet<(Name, Name)>,
}

impl Imports {
    /// Of all sources below a folder.
    pub fn of_folder(root: &Path) -> Self {
        let mut files = Vec::new();
        collect(root, &mut files);
        let module = |file: &Path| {
            let inside = file.strip_prefix(root).unwrap().with_extension("");
            let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            match names.split_last().unwrap() {
                (last, above) if last == "mod" => above.join("::"),
                (last, []) if last == "lib" => String::new(),
                _ => names.join("::"),
            }
        };
        Self::of(files.iter().map(|file| (module(file), fs::read_to_string(file).unwrap())))
    }

    /// Of sources with the names of their modules.
    pub fn of(sources: impl IntoIterator<Item = (Name, String)>) -> Self {
        let files: Vec<_> =
            sources.into_iter().map(|(name, text)| (name, syn::parse_file(&text).unwrap())).collect();
        let modules: BTreeSet<Name> = files.iter().map(|(name, _)| name.clone()).collect();
        let mut reading = Reading { modules, ..Reading::default() };
        for (name, file) in &files {
            reading.here.clone_from(name);
            reading.visit_file(file);
        }
        reading.finish()
    }

    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Every part that is named, as `(by, part)`.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().map(|(by, part)| (by.as_str(), part.as_str()))
    }

    /// Every import, as `(from, to)`.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.of.iter().flat_map(|(from, all)| all.iter().map(|to| (from.as_str(), to.as_str())))
    }

    /// The largest sets of modules that all lead to each other, each in order.
    pub fn rings(&self) -> BTreeSet<Vec<Name>> {
        let reach: BTreeMap<&Name, BTreeSet<&Name>> =
            self.of.keys().map(|from| (from, self.reached_from(from))).collect();
        let ring = |name: &Name| {
            let back = |other: &&&Name| reach.get(**other).is_some_and(|all| all.contains(name));
            reach[name].iter().filter(back).map(|other| (*other).clone()).collect::<Vec<_>>()
        };
        self.of.keys().map(ring).filter(|ring| ring.len() > 1).collect()
    }

    fn reached_from<'a>(&'a self, from: &'a Name) -> BTreeSet<&'a Name> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(name) = next.pop() {
            next.extend(self.of.get(name).into_iter().flatten().filter(|to| reached.insert(*to)));
        }
        reached
    }
}

fn collect(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[derive(Default)]
struct Reading {
    modules: BTreeSet<Name>,
    here: Name,
    /// What each module names, by its whole path.
    named: Vec<(Name, Vec<String>)>,
    /// Names that a module has from elsewhere, with what they stand for.
    known: BTreeMap<(Name, String), Vec<String>>,
    /// What is seen by tests alone.
    tests: BTreeSet<Name>,
}

/// One module below another.
fn below(above: &str, name: &str) -> Name {
    if above.is_empty() { name.to_owned() } else { format!("{above}::{name}") }
}

impl Reading {
    /// The whole path of something that is named here; `None` where it is not of this crate, or local.
    fn whole(&self, segments: &[String]) -> Option<Vec<String>> {
        let mut at: Vec<String> =
            self.here.split("::").filter(|part| !part.is_empty()).map(Into::into).collect();
        let (first, mut rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
                while let Some(("super", below)) =
                    rest.split_first().map(|(first, rest)| (first.as_str(), rest))
                {
                    at.pop();
                    rest = below;
                }
            }
            name if self.modules.contains(&below(&self.here, name)) => at.push(name.to_owned()),
            _ => return None,
        }
        at.extend(rest.iter().cloned());
        Some(at)
    }

    fn name(&mut self, segments: &[String]) {
        if let Some(whole) = self.whole(segments) {
            self.named.push((self.here.clone(), whole));
        }
    }

    /// The module in which something is, through as many re-exports as there are.
    fn module_of(&self, path: &[String], depth: usize) -> Name {
        let mut module = Name::new();
        for (at, segment) in path.iter().enumerate() {
            let deeper = below(&module, segment);
            if self.modules.contains(&deeper) {
                module = deeper;
            } else if let Some(meant) = self.known.get(&(module.clone(), segment.clone()))
                && depth > 0
            {
                let meant: Vec<_> = meant.iter().chain(&path[at + 1..]).cloned().collect();
                return self.module_of(&meant, depth - 1);
            } else {
                break;
            }
        }
        module
    }

    fn finish(self) -> Imports {
        let is_test = |name: &Name| self.tests.iter().any(|test| is_within(name, test));
        let mut imports: BTreeMap<_, _> = self
            .modules
            .iter()
            .filter(|name| !is_test(name))
            .map(|name| (name.clone(), BTreeSet::new()))
            .collect();
        for (from, path) in self.named.iter().filter(|(from, _)| !is_test(from)) {
            let to = self.module_of(path, 8);
            if to != *from && !is_test(&to) {
                imports.entry(from.clone()).or_default().insert(to);
            }
        }
        let parts = self.named.iter().filter(|(from, _)| !is_test(from));
        let parts =
            parts.map(|(from, path)| (from.clone(), path.first().cloned().unwrap_or_default())).collect();
        Imports { of: imports, parts }
    }
}

/// True of a module and those below it.
pub fn is_within(name: &str, wing: &str) -> bool {
    name.strip_prefix(wing).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|only| only.is_ident("test"))
    })
}

/// The leaves of a `use`: what each is called here, and its path.
fn leaves(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|item| leaves(item, before, found)),
        UseTree::Name(name) if name.ident == "self" => {
            found.push((before.last().cloned().unwrap_or_default(), before.clone()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found.push((name.clone(), [before.as_slice(), &[name]].concat()));
        }
        UseTree::Rename(rename) => {
            let path = [before.as_slice(), &[rename.ident.to_string()]].concat();
            found.push((rename.rename.to_string(), path));
        }
        UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[Attribute] = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Struct(item) => &item.attrs,
            _ => &[],
        };
        match item {
            syn::Item::Mod(item) if is_for_tests(attributes) => {
                self.tests.insert(below(&self.here, &item.ident.to_string()));
            }
            _ if is_for_tests(attributes) => {}
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_some() {
            let above = std::mem::take(&mut self.here);
            self.here = below(&above, &item.ident.to_string());
            self.modules.insert(self.here.clone());
            visit::visit_item_mod(self, item);
            self.here = above;
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut found = Vec::new();
        leaves(&item.tree, &mut Vec::new(), &mut found);
        for (name, path) in found {
            let Some(whole) = self.whole(&path) else { continue };
            let here = format!("{}::", self.here);
            // What a module shows of those below it is no import of its own.
            let shows = !matches!(item.vis, Visibility::Inherited) && whole.join("::").starts_with(&here);
            self.known.insert((self.here.clone(), name), whole);
            if !shows {
                self.name(&path);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.name(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        let text = called.tokens.to_string().replace(" :: ", "::");
        let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in text.split(|c| !is_path(c)).filter(|word| word.contains("::")) {
            let segments: Vec<_> = word.split("::").map(str::to_owned).collect();
            self.name(&segments);
        }
        visit::visit_macro(self, called);
    }
}
