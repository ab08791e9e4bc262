//! Archives, programs, and what is none of all that.

use super::{
    Made,
    made::{class, compound, exe, joined, marked, marked_at, noise, tar, zip},
};
use crate::model::ContentKind::{Archive, Other, Program};

pub fn archives() -> Vec<Made> {
    let empty = joined(&[b"PK\x05\x06", &[0; 18]]);
    let whole = zip(&["a/b.txt", "a/c.png"]);
    let cut = whole[..whole.len() - 30].to_vec();
    let commented = {
        let mut bytes = whole.clone();
        let length = bytes.len();
        bytes[length - 2..].copy_from_slice(&60_000_u16.to_le_bytes());
        bytes.extend(noise(60_000));
        bytes
    };
    let apple = joined(&[&noise(4096), b"koly\0\0\0\x04", &[0; 504]]);
    vec![
        ("arch.zip", whole, Archive),
        ("cut.zip", cut, Archive),
        ("commented.zip", commented, Archive),
        ("empty.zip", empty, Archive),
        // What is in it is in it, and doesn’t make it one.
        ("holds.docx.zip", zip(&["a/doc.docx", "word/notes.txt"]), Archive),
        ("arch.whl", zip(&["pkg/__init__.py", "pkg-1.dist-info/METADATA"]), Archive),
        ("data.npz", zip(&["a.npy", "b.npy"]), Archive),
        ("prog.unsigned.apk", zip(&["AndroidManifest.xml", "res/a.png"]), Archive),
        ("arch.ustar.tar", tar(b"a.txt", b"ustar\x0000"), Archive),
        ("arch.gnu.tar", tar(b"a.txt", b"ustar  \0"), Archive),
        ("arch.v7.tar", tar(b"a.txt", b""), Archive),
        ("a.txt.gz", marked(&[0x1F, 0x8B, 8, 0]), Archive),
        ("a.txt.bz2", marked(b"BZh91AY&SY"), Archive),
        ("a.txt.xz", marked(b"\xFD7zXZ\0\0\x04"), Archive),
        ("a.txt.zst", marked(&[0x28, 0xB5, 0x2F, 0xFD]), Archive),
        ("a.txt.lz4", marked(&[4, 0x22, 0x4D, 0x18]), Archive),
        ("a.txt.lz", marked(b"LZIP\x01"), Archive),
        ("a.txt.lrz", marked(b"LRZI\0\x06"), Archive),
        ("a.txt.Z", marked(&[0x1F, 0x9D, 0x90]), Archive),
        ("arch.7z", marked(b"7z\xBC\xAF\x27\x1C\0\x04"), Archive),
        ("arch.rar", marked(b"Rar!\x1A\x07\x01\0"), Archive),
        ("arch.cab", marked(b"MSCF\0\0\0\0"), Archive),
        ("arch.arj", marked(&[0x60, 0xEA, 0x2B, 0, 0x22, 0x0B, 1, 0x0B, 0x10, 0, 2]), Archive),
        ("arch.cpio", joined(&[b"070701000A", &[0; 4], &noise(200)]), Archive),
        (
            "arch.a",
            b"!<arch>\na.txt/          0           0     0     644     8         `\ncontent\n".into(),
            Archive,
        ),
        ("arch.wim", marked(b"MSWIM\0\0\0\xD0"), Archive),
        ("arch.squashfs", marked(b"hsqs\x07\0\0\0"), Archive),
        ("disk.iso", marked_at(32769, b"CD001\x01"), Archive),
        ("disk.qcow2", marked(b"QFI\xFB\0\0\0\x03"), Archive),
        ("disk.vmdk", marked(b"KDMV\x01\0\0\0"), Archive),
        ("disk.vhdx", marked(b"vhdxfile"), Archive),
        ("disk.dmg", apple, Archive),
    ]
}

pub fn programs() -> Vec<Made> {
    vec![
        ("prog.exe", exe(0x0022), Program),
        ("lib.dll", exe(0x2022), Program),
        ("prog.elf", marked(b"\x7FELF\x02\x01\x01\0"), Program),
        ("prog.macho.so", marked(b"\xCF\xFA\xED\xFE\x07\0\0\x01"), Program),
        ("prog.class", marked(b"\xCA\xFE\xBA\xBE\0\0\0\x41"), Program),
        ("prog.wasm", marked(b"\0asm\x01\0\0\0"), Program),
        ("prog.msi", compound(&class(0x000C_1084, 0)), Program),
        ("prog.jar", zip(&["META-INF/", "META-INF/MANIFEST.MF", "A.class"]), Program),
        ("prog.main.jar", zip(&["META-INF/MANIFEST.MF", "A.class"]), Program),
        ("prog.apk", zip(&["AndroidManifest.xml", "classes.dex", "resources.arsc"]), Program),
        ("pkg.deb", joined(&[b"!<arch>\ndebian-binary   ", &noise(300)]), Program),
        ("pkg.rpm", marked(b"\xED\xAB\xEE\xDB\x03\0"), Program),
        ("link.lnk", marked(b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0F"), Program),
        ("script.sh", b"#!/bin/sh\necho hi\n".into(), Program),
        ("script.py3.py", b"#!/usr/bin/env python3\nprint(1)\n".into(), Program),
        ("script.bat", b"@echo off\r\necho hi\r\n".into(), Program),
        ("prog.pyc", marked(&[0xA7, 0x0D, 0x0D, 0x0A, 0, 0, 0, 0]), Program),
    ]
}

pub fn others() -> Vec<Made> {
    vec![
        ("empty.txt", Vec::new(), Other),
        ("empty.y4m", Vec::new(), Other),
        ("zeros.bin", vec![0; 5000], Other),
        ("random.bin", noise(5000), Other),
        ("data.sqlite", marked(b"SQLite format 3\0\x10\0"), Other),
        ("data.parquet", marked(b"PAR1\x15\x04"), Other),
        ("font.ttf", marked(&[0, 1, 0, 0, 0, 0x0B]), Other),
        ("font.otf", marked(b"OTTO\0\x0B"), Other),
        ("font.woff2", marked(b"wOF2\0\x01\0\0"), Other),
        ("data.torrent", joined(&[b"d8:announce3:a:14:infod6:pieces20:", &noise(20), b"ee"]), Other),
        ("data.npy", marked(b"\x93NUMPY\x01\0"), Other),
        // Without a mark it is not told from any other bytes.
        ("text.utf16le-nobom.txt", b"H\0i\0 \0t\0h\0e\0r\0e\0".into(), Other),
        ("a.txt.br", marked(&[0x8B, 0x02, 0x80]), Other),
        // An ending never overrules what is in it, and is no reason to believe in content that isn’t there.
        ("looks.like.jpg", noise(900), Other),
    ]
}
