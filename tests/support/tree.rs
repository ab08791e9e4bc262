//! Folders full of what users really have, and a comparison that misses nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Everything about a tree that a transfer must keep: path → what is there.
pub fn describe(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    walk(root, Path::new(""), &mut found);
    found
}

fn walk(root: &Path, below: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for item in fs::read_dir(root.join(below)).unwrap() {
        let item = item.unwrap();
        let path = below.join(item.file_name());
        let meta = item.path().symlink_metadata().unwrap();
        let modified = meta.modified().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let what = if meta.is_dir() {
            walk(root, &path, found);
            format!("folder, {modified:?}, {}", access(&meta))
        } else {
            let digest = blake3::hash(&fs::read(item.path()).unwrap());
            format!("file, {modified:?}, {}, {}, {digest}", mode(&meta), access(&meta))
        };
        found.insert(path, what);
    }
}

#[cfg(unix)]
fn mode(meta: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::PermissionsExt as _;
    if meta.permissions().mode() & 0o111 == 0 { "regular" } else { "executable" }
}

#[cfg(not(unix))]
fn mode(_meta: &fs::Metadata) -> &'static str {
    "regular"
}

#[cfg(unix)]
fn access(meta: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o077;
    if meta.permissions().mode() & OTHERS == 0 { "private" } else { "shared" }
}

#[cfg(not(unix))]
fn access(_meta: &fs::Metadata) -> &'static str {
    "shared"
}

/// Bytes that don't repeat, the same for the same seed.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// Writes a file with an old modification time, making its folders.
pub fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    let old = SystemTime::UNIX_EPOCH + Duration::new(1_234_567_890 + bytes.len() as u64, 123_456_789);
    fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
}

/// A tree with everything awkward that the file system here can hold.
pub fn awkward(root: &Path) {
    for (i, path) in [
        "plain.txt",
        "写真/旅行/东京.jpg",
        "صور/صيف ٢٠٢٦.png",
        "🎉 party/🎂.txt",
        ".hidden/.dot",
        " lead and trail ",
        "spaces in/ the name/of things",
        "-rf",
        "~",
        "quote'\"`$(x).sh",
        "deep/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p",
    ]
    .iter()
    .enumerate()
    {
        put(root, path, &noise(i as u64, 1 + i * 997));
    }
    put(root, "empty", b"");
    fs::create_dir_all(root.join("hollow/inside")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        put(root, "bin/tool", b"#!/bin/sh\n");
        put(root, "private/key", b"secret");
        put(root, "private/tool", b"#!/bin/sh\n");
        put(root, "private/known", b"to all");
        for (path, mode) in
            [("bin/tool", 0o755), ("private/key", 0o600), ("private/tool", 0o700), ("private", 0o700)]
        {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
        }
        for path in
            ["README", "readme", "café", "cafe\u{301}", "a:b", "back\\slash", "CON", "new\nline", "trail."]
        {
            put(root, &format!("unix/{path}"), path.as_bytes());
        }
        put(root, &format!("long/{}", "x".repeat(255)), b"long");
        put(root, &format!("long/{}", "é".repeat(127)), b"long too");
    }
}

/// What lies in a folder that a transfer left unfinished, beside whole files: our own leftovers.
pub fn leftovers(root: &Path) -> Vec<PathBuf> {
    describe(root)
        .into_keys()
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".airlift-"))
        .collect()
}

/// True while a partial file stands in this folder itself.
pub fn has_partial(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().any(|item| item.unwrap().file_name().to_string_lossy().ends_with(".part"))
}

/// The content of every file below a folder, by its path there; without what is not whole.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(inside) = fs::read_dir(folder) else { return found };
    for item in inside.map(Result::unwrap) {
        let name = item.file_name().into_string().unwrap();
        if item.path().is_dir() {
            let inside = contents(&item.path()).into_iter();
            found.extend(inside.map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else if !name.starts_with(".airlift-") {
            found.insert(name, fs::read(item.path()).unwrap());
        }
    }
    found
}
