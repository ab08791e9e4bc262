//! Documents and texts.

use super::{
    Made,
    made::{class, compound, joined, marked, utf16, zip},
};
use crate::model::ContentKind::{Document, Text};

fn office(folder: &str) -> Vec<u8> {
    zip(&["[Content_Types].xml", "_rels/.rels", "docProps/app.xml", folder])
}

pub fn documents() -> Vec<Made> {
    let open = || zip(&["mimetype", "META-INF/manifest.xml", "content.xml"]);
    let book = "<?xml version=\"1.0\"?><FictionBook><body><p>Once.</p></body></FictionBook>";
    vec![
        ("doc.pdf", marked(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"), Document),
        ("plain.pdf", "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n".into(), Document),
        ("doc.ps", "%!PS-Adobe-3.0\n%%Pages: 1\nshowpage\n".into(), Document),
        ("doc.rtf", "{\\rtf1\\ansi Hello}".into(), Document),
        ("doc.doc", compound(&class(0x0002_0906, 0)), Document),
        ("sheet.xls", compound(&class(0x0002_0820, 0)), Document),
        (
            "slides.ppt",
            compound(&[
                0x10, 0x8D, 0x81, 0x64, 0x9B, 0x4F, 0xCF, 0x11, 0x86, 0xEA, 0, 0xAA, 0, 0xB9, 0x29, 0xE8,
            ]),
            Document,
        ),
        // Some who write them name no class.
        ("sheet.xlwt.xls", compound(&[0; 16]), Document),
        ("doc.docx", office("word/document.xml"), Document),
        ("sheet.xlsx", office("xl/workbook.xml"), Document),
        ("slides.pptx", office("ppt/presentation.xml"), Document),
        ("plan.vsdx", office("visio/document.xml"), Document),
        ("last.docx", zip(&["word/document.xml", "word/media/1.png", "[Content_Types].xml"]), Document),
        ("text.odt", open(), Document),
        ("book.epub", zip(&["mimetype", "META-INF/container.xml", "OEBPS/a.xhtml"]), Document),
        ("book.fb2", book.into(), Document),
        ("pic.djvu", joined(&[b"AT&TFORM\0\0\x02\0DJVU", &marked(b"INFO")]), Document),
    ]
}

pub fn texts() -> Vec<Made> {
    let chinese = "多年以前，面对行刑队，他会想起那个遥远的下午。".repeat(3000);
    let cut = {
        // The last character that is looked at is half there.
        let mut text = "a".repeat(8191);
        text.push('é');
        text.push_str("and so on");
        text
    };
    let xml = "<?xml version=\"1.0\"?>\n<data><row id=\"1\"/></data>\n";
    let feed = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel/></rss>";
    let track = "<?xml version=\"1.0\"?><gpx version=\"1.1\"><trk/></gpx>";
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
    let letter = "From: a@example.org\nTo: b@example.org\nSubject: Hi\n\nHello.\n";
    let (json, array) = ("{\"a\": [1, 2, 3], \"b\": null}\n", "[1, 2, 3]\n");
    let (toml, desktop) = ("[package]\nname = \"a\"\n", "[Desktop Entry]\nName=A\n");
    vec![
        ("one-byte.txt", b"a".into(), Text),
        ("a.txt", b"Hello, world.\n".into(), Text),
        ("text.utf8-zh.txt", "写真と文章\n".into(), Text),
        ("text.one-line.txt", chinese.into(), Text),
        ("text.cut.txt", cut.into(), Text),
        ("text.utf8-bom.txt", "\u{feff}Grüße\n".into(), Text),
        ("text.utf16le-bom.txt", utf16("Grüße, 写真\n"), Text),
        ("text.latin1.txt", b"Gr\xFC\xDFe aus M\xFCnchen\n".into(), Text),
        ("text.gbk.txt", b"\xC4\xE3\xBA\xC3\xA3\xAC\xCA\xC0\xBD\xE7\n".into(), Text),
        ("text.sjis.txt", b"\x8E\xCA\x90\x5E\x82\xC6\x95\xB6\x8F\xCD\n".into(), Text),
        ("text.log", b"\x1B[31merror\x1B[0m: it is red\n".into(), Text),
        ("text.csv", b"a,b\n1,2\n".into(), Text),
        ("text.json", json.into(), Text),
        ("text.array.json", array.into(), Text),
        ("text.toml", toml.into(), Text),
        ("text.yaml", b"---\na: 1\n".into(), Text),
        ("text.diff", b"--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n".into(), Text),
        ("text.sql", b"SELECT 1;\n".into(), Text),
        ("text.md", b"# Title\n\n* one\n".into(), Text),
        ("app.desktop", desktop.into(), Text),
        ("code.rs", b"fn main() {}\n".into(), Text),
        ("code.c", b"#include <stdio.h>\nint main(void) { return 0; }\n".into(), Text),
        ("script.js", b"console.log(1);\n".into(), Text),
        ("script.vbs", b"MsgBox \"Hi\"\n".into(), Text),
        ("script.ps1", b"Write-Host 'Hi'\n".into(), Text),
        ("script.nosh.py", b"import os\nprint(os.name)\n".into(), Text),
        ("style.css", b"a { color: red; }\n".into(), Text),
        ("mail.eml", letter.into(), Text),
        ("cal.ics", calendar.into(), Text),
        ("card.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n".into(), Text),
        ("subs.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n".into(), Text),
        ("subs.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n".into(), Text),
        ("key.pem", b"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n".into(), Text),
        ("page.html", b"<!DOCTYPE html><html><body>Hi</body></html>".into(), Text),
        ("page.comment.html", b"<!-- hi -->\n<html><body>Hi</body></html>".into(), Text),
        ("data.xml", xml.into(), Text),
        ("feed.rss", feed.into(), Text),
        ("feed.latin1.rss", b"<?xml version=\"1.0\"?><rss><title>Gr\xFC\xDFe</title></rss>".into(), Text),
        ("map.gpx", track.into(), Text),
        ("doc.tex", b"\\documentclass{article}\n\\begin{document}\n".into(), Text),
    ]
}

/// Texts that begin, or are at some place, as formats are known by.
pub fn texts_that_look_like_something_else() -> Vec<Made> {
    let sequence = format!("G{}G{}\n", "ATTACA".repeat(32).split_at(187).0, "CTGA".repeat(40));
    vec![
        ("tickets.txt", b"Get free tickets for the wide screen.\n".into(), Text),
        ("phone.txt", b"0707 123 456 is her number.\n".into(), Text),
        ("initials.txt", b"MZ said so.\n".into(), Text),
        ("state.txt", b"solid state disks are fast\n".into(), Text),
        ("zoo.txt", b"ZOO at nine?\n".into(), Text),
        ("tag.txt", b"ID3 tags are explained here.\n".into(), Text),
        ("genes.txt", sequence.into(), Text),
        ("paper.tex", b"%!TEX program = xelatex\n\\documentclass{article}\n".into(), Text),
        ("list.m3u", b"#EXTM3U\n#EXTINF:1,a\na.mp3\n".into(), Text),
    ]
}
