//! Pictures, films and sounds.

use super::{
    Made,
    made::{
        Index, bmp, boxed, branded, joined, marked, marked_at, matroska, mp4, noise, ogg, riff, tagged_mp3,
        tiff, transport_stream, wma, wmv,
    },
};
use crate::model::ContentKind::{Archive, Picture, Sound, Video};

const DRAWN: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>";

pub fn pictures() -> Vec<Made> {
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- drawn -->\n{DRAWN}\n");
    let marked_text = format!("\u{feff}{DRAWN}");
    let eps = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n";
    vec![
        ("pic.avif", branded(b"avif"), Picture),
        ("pic.heic", branded(b"heic"), Picture),
        ("pic.tiff", tiff(b"II*\0"), Picture),
        ("pic.be.tiff", tiff(b"MM\0*"), Picture),
        ("pic.big.tif", tiff(b"II+\0"), Picture),
        ("pic.bmp", bmp(), Picture),
        ("pic.jxl", marked(&[0xFF, 0x0A]), Picture),
        ("pic.container.jxl", marked(b"\0\0\0\x0CJXL \r\n\x87\n"), Picture),
        ("pic.dds", marked(b"DDS |\0\0\0"), Picture),
        ("pic.eps", eps.into(), Picture),
        ("pic.icns", marked(b"icns\0\0\x10\0"), Picture),
        ("pic.ico", marked(&[0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0]), Picture),
        ("pic.jp2", joined(&[&boxed(b"jP  ", b"\r\n\x87\n"), &boxed(b"ftyp", b"jp2 \0\0\0\0jp2 ")]), Picture),
        ("pic.pcx", joined(&[&[10, 0, 1, 8], &[0; 124], &noise(300)]), Picture),
        ("pic.ppm", joined(&[b"P6 16 16 255\n", &noise(768)]), Picture),
        ("pic.plain.pgm", "P2\n2 2\n255\n0 9 9 0\n".into(), Picture),
        ("pic.psd", marked(b"8BPS\0\x01"), Picture),
        ("pic.qoi", marked(b"qoif\0\0\0\x10\0\0\0\x10\x04\0"), Picture),
        ("pic.gif", marked(b"GIF89a\x10\0\x10\0"), Picture),
        ("pic.jpg", marked(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"), Picture),
        ("pic_exif.jpg", marked(b"\xFF\xD8\xFF\xE1\0\x10Exif\0"), Picture),
        ("pic.png", marked(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"), Picture),
        ("pic.webp", riff(b"WEBPVP8 "), Picture),
        ("pic.lossless.webp", riff(b"WEBPVP8L"), Picture),
        ("vec.nodecl.svg", DRAWN.into(), Picture),
        ("vec.decl.svg", declared.into(), Picture),
        ("vec.bom.svg", marked_text.into(), Picture),
        // Packed, it is what it is packed into: nothing is unpacked here.
        ("vec.svgz", marked(b"\x1F\x8B\x08\x00\0\0\0\0\x02\x03"), Archive),
    ]
}

pub fn films() -> Vec<Made> {
    vec![
        ("video.mp4", mp4(&[b"soun", b"vide"], Index::First), Video),
        ("video.late.mp4", mp4(&[b"vide", b"soun"], Index::Last), Video),
        ("video.3gp", branded(b"3gp4"), Video),
        ("video.m4v", branded(b"M4V "), Video),
        ("video.mov", branded(b"qt  "), Video),
        ("video.avi", riff(b"AVI LIST"), Video),
        ("video.mpg", marked(&[0, 0, 1, 0xBA, 0x44]), Video),
        ("video.flv", marked(b"FLV\x01\x05\0\0\0\x09"), Video),
        ("video.mkv", matroska(b"matroska", &[b"A_VORBIS", b"V_MPEG4/ISO/AVC"]), Video),
        ("video.webm", matroska(b"webm", &[b"V_VP9"]), Video),
        // Sound alone in the same wrapping is not told apart.
        ("sound.weba.webm", matroska(b"webm", &[b"A_OPUS"]), Video),
        ("video.ts", transport_stream(0), Video),
        ("video.m2ts", transport_stream(4), Video),
        ("video.mxf", marked(b"\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01\x01\x02\x04\0"), Video),
        ("video.ogv", ogg(b"\x80theora"), Video),
        ("video.wmv", wmv(), Video),
        // Bare streams have no mark: the name is believed.
        ("video.h264", joined(&[&[0, 0, 0, 1, 0x67, 0x42, 0xC0], &noise(300)]), Video),
        ("video.Y4M", joined(&[b"YUV4MPEG2 W64 H64 F25:1\nFRAME\n", &noise(300)]), Video),
    ]
}

pub fn sounds() -> Vec<Made> {
    vec![
        ("sound.ac3", marked(&[0x0B, 0x77, 0x3C, 0x10]), Sound),
        ("sound.adts.aac", marked(&[0xFF, 0xF1, 0x50, 0x80]), Sound),
        ("sound.aiff", joined(&[b"FORM\0\0\x02\0AIFFCOMM", &noise(300)]), Sound),
        ("sound.m4a", branded(b"M4A "), Sound),
        ("sound.m4b", branded(b"M4B "), Sound),
        ("sound.mp4", mp4(&[b"soun"], Index::Last), Sound),
        ("sound.au", marked(b".snd\0\0\0\x18"), Sound),
        ("sound.id3.mp3", tagged_mp3(), Sound),
        ("sound.tag.alone.mp3", joined(&[b"ID3", &[3, 0, 0, 0, 0, 0, 16], &noise(40)]), Sound),
        ("sound.noid3.mp3", marked(&[0xFF, 0xFB, 0x90, 0x64]), Sound),
        ("sound.mp2", marked(&[0xFF, 0xFD, 0xA4, 0x04]), Sound),
        ("sound.mka", matroska(b"matroska", &[b"A_FLAC"]), Sound),
        ("sound.wma", wma(), Sound),
        ("sound.flac", marked(b"fLaC\0\0\0\x22"), Sound),
        ("sound.flac.ogg", ogg(b"\x7FFLAC\x01\0"), Sound),
        ("sound.opus", ogg(b"OpusHead\x01"), Sound),
        ("sound.vorbis.ogg", ogg(b"\x01vorbis"), Sound),
        ("sound.wav", riff(b"WAVEfmt "), Sound),
        ("sound.mid", marked(b"MThd\0\0\0\x06\0\x01"), Sound),
        ("sound.caf", marked(b"caff\0\x01\0\0desc"), Sound),
        ("sound.w64", marked(b"riff\x2E\x91\xCF\x11"), Sound),
        ("tune.mod", marked_at(1080, b"M.K."), Sound),
    ]
}
