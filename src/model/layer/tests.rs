use std::io;
use std::io::Read;

use super::DEFAULT_MTIME;
use super::FileOwner;
use super::LayerEntry;
use super::LayerError;
use super::LayerKind;
use super::LayerSummary;
use super::LayerWriter;
use super::content_mtime;

fn entry(path: &[u8], kind: LayerKind) -> LayerEntry {
    LayerEntry { path: path.to_vec(), kind, mode: 0o644, owner: FileOwner::default(), mtime: DEFAULT_MTIME }
}

fn file(path: &[u8], content: &[u8]) -> (LayerEntry, Vec<u8>) {
    (entry(path, LayerKind::File { size: content.len() as u64 }), content.to_vec())
}

fn write(entries: &[(LayerEntry, Vec<u8>)]) -> Result<(Vec<u8>, LayerSummary), LayerError> {
    let mut writer = LayerWriter::new(Vec::new());
    for (entry, content) in entries {
        writer.append(entry, content.as_slice())?;
    }
    writer.finish()
}

fn sample() -> Vec<(LayerEntry, Vec<u8>)> {
    let owned = FileOwner { uid: 1000, gid: 3_000_000, user: "app".to_owned(), group: "staff".to_owned() };
    let mut directory = entry(b"app", LayerKind::Directory);
    (directory.mode, directory.owner) = (0o2755, owned);
    vec![
        (directory, Vec::new()),
        (entry(b"app/cache", LayerKind::Opaque), Vec::new()),
        file(b"app/empty", b""),
        file(b"app/line\nbreak", b"x"),
        (entry(b"app/link", LayerKind::Symlink { target: b"../etc/\xff".to_vec() }), Vec::new()),
        file(b"app/not-utf8-\xfe", b"bytes"),
        file("app/\u{e4}".as_bytes(), b"umlaut"),
        file(&[b"long/".as_slice(), &[b'n'; 200]].concat(), &[7; 513]),
        (entry(b"long/zz", LayerKind::Hardlink { target: b"app/empty".to_vec() }), Vec::new()),
    ]
}

/// Changing the bytes of a layer changes the digests of all images ever built: this must not happen by accident.
#[test]
fn the_bytes_of_a_layer_are_pinned() {
    let (bytes, summary) = write(&sample()).unwrap();
    assert_eq!(summary.size, bytes.len() as u64);
    assert_eq!(summary.diff_id.to_string(), "sha256:340368e3606a30bd83279b64cd94ba6d0e72fcbba87ccc8822a99fecb94fc9d4");
}

#[test]
fn another_reader_reads_the_same() {
    let (bytes, _) = write(&sample()).unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut seen = Vec::new();
    for found in archive.entries().unwrap() {
        let mut found = found.unwrap();
        let mut content = Vec::new();
        found.read_to_end(&mut content).unwrap();
        seen.push((found.path_bytes().into_owned(), content));
    }
    let expected: Vec<_> = sample().into_iter().map(|(entry, content)| (entry.archive_name(), content)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn deletions_have_the_names_that_engines_know() {
    assert_eq!(entry(b"a/b", LayerKind::Whiteout).archive_name(), b"a/.wh.b");
    assert_eq!(entry(b"b", LayerKind::Whiteout).archive_name(), b".wh.b");
    assert_eq!(entry(b"a", LayerKind::Opaque).archive_name(), b"a/.wh..wh..opq");
}

#[test]
fn paths_that_could_leave_the_image_or_delete_files_are_refused() {
    for path in [&b""[..], b"/etc", b"a/", b"a//b", b"..", b"a/../b", b"./a", b".wh.a", b"a/.wh.b/c", b"a\0b"] {
        let failed = write(&[file(path, b"")]);
        assert!(matches!(failed, Err(LayerError::BadPath { .. })), "{path:?}");
    }
}

#[test]
fn entries_come_in_order_and_once() {
    for (first, second) in [(&b"b"[..], &b"a"[..]), (b"a", b"a"), (b"a/b", b"a.b")] {
        let failed = write(&[file(first, b""), file(second, b"")]);
        assert!(matches!(failed, Err(LayerError::OutOfOrder { .. })), "{first:?} {second:?}");
    }
    let walk =
        [file(b"a.b", b""), (entry(b"a", LayerKind::Directory), Vec::new()), file(b"a/b", b""), file(b"a0", b"")];
    assert!(write(&walk).is_ok());
}

#[test]
fn content_must_have_its_size() {
    for content in [&b"four"[..], b"sixsix"] {
        let mut writer = LayerWriter::new(io::sink());
        let failed = writer.append(&entry(b"a", LayerKind::File { size: 5 }), content);
        assert!(matches!(failed, Err(LayerError::OtherSize { promised: 5, .. })), "{content:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut wrong = entry(b"a", LayerKind::Directory);
    wrong.mode = 0o10_000;
    assert!(matches!(write(&[(wrong, Vec::new())]), Err(LayerError::Unfit { .. })));
    let mut wrong = entry(b"a", LayerKind::Directory);
    wrong.owner.user = "x".repeat(33);
    assert!(matches!(write(&[(wrong, Vec::new())]), Err(LayerError::Unfit { .. })));
}

#[test]
fn the_time_follows_the_content() {
    assert_eq!(content_mtime(&[]), DEFAULT_MTIME);
    assert_eq!(content_mtime(&[0, 0, 1, 2, 9]), DEFAULT_MTIME + 258);
    assert!(content_mtime(&[255; 20]) < 1_400_000_000);
}
