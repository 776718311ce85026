//! The header blocks of one entry: ustar, with a PAX extension for what ustar cannot say.

use std::io::Write;

use tar::EntryType;
use tar::Header;

use crate::model::layer::FileOwner;
use crate::model::layer::LayerEntry;
use crate::model::layer::LayerError;
use crate::model::layer::LayerKind;
use crate::model::layer::lossy;
use crate::model::layer::pad;

/// Names and link targets up to this length stand in the ustar header.
const USTAR_NAME: usize = 100;
/// The longest user or group name.
const OWNER_NAME: usize = 32;
/// What the entry of a PAX extension is called; nobody unpacks it.
const PAX_NAME: &[u8] = b"PaxHeaders/x";

/// Writes the header of `entry`, which is called `name` in the archive.
pub(super) fn write(out: &mut impl Write, entry: &LayerEntry, name: &[u8]) -> Result<(), LayerError> {
    let target: &[u8] = match &entry.kind {
        LayerKind::Symlink { target } | LayerKind::Hardlink { target } => target,
        _ => &[],
    };
    let records = records(name, target);
    if !records.is_empty() {
        let extension = block(EntryType::XHeader, PAX_NAME, records.len() as u64);
        write_block(out, extension)?;
        out.write_all(&records)?;
        pad(out, records.len() as u64)?;
    }
    let mut header = block(entry_type(&entry.kind), name, content_size(&entry.kind));
    put(&mut header.as_old_mut().linkname, target);
    if !matches!(entry.kind, LayerKind::Whiteout | LayerKind::Opaque) {
        attributes(&mut header, entry, name)?;
    }
    write_block(out, header)
}

fn write_block(out: &mut impl Write, mut header: Header) -> Result<(), LayerError> {
    header.set_cksum();
    Ok(out.write_all(header.as_bytes())?)
}

fn block(kind: EntryType, name: &[u8], size: u64) -> Header {
    let mut header = Header::new_ustar();
    put(&mut header.as_old_mut().name, name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

fn attributes(header: &mut Header, entry: &LayerEntry, name: &[u8]) -> Result<(), LayerError> {
    let unfit = |what| LayerError::Unfit { path: lossy(name), what };
    if entry.mode > 0o7777 {
        return Err(unfit("its mode"));
    }
    let FileOwner { uid, gid, user, group } = &entry.owner;
    if user.len() > OWNER_NAME || group.len() > OWNER_NAME {
        return Err(unfit("its owner's name"));
    }
    header.set_mode(entry.mode);
    header.set_uid(*uid);
    header.set_gid(*gid);
    header.set_mtime(entry.mtime);
    let ustar = header.as_ustar_mut().ok_or_else(|| unfit("its owner's name"))?;
    put(&mut ustar.uname, user.as_bytes());
    put(&mut ustar.gname, group.as_bytes());
    Ok(())
}

/// Fills a text field; what is too long is cut, as a PAX record then says it in full.
fn put(field: &mut [u8], text: &[u8]) {
    field.fill(0);
    for (place, byte) in field.iter_mut().zip(text) {
        *place = *byte;
    }
}

fn entry_type(kind: &LayerKind) -> EntryType {
    match kind {
        LayerKind::File { .. } | LayerKind::Whiteout | LayerKind::Opaque => EntryType::Regular,
        LayerKind::Directory => EntryType::Directory,
        LayerKind::Symlink { .. } => EntryType::Symlink,
        LayerKind::Hardlink { .. } => EntryType::Link,
    }
}

fn content_size(kind: &LayerKind) -> u64 {
    if let LayerKind::File { size } = kind { *size } else { 0 }
}

/// The PAX records that the name and the link target need; empty for none.
fn records(name: &[u8], target: &[u8]) -> Vec<u8> {
    let needs = |text: &[u8]| text.len() > USTAR_NAME || !text.is_ascii();
    let is_text = std::str::from_utf8(name).is_ok() && std::str::from_utf8(target).is_ok();
    let mut records = Vec::new();
    if !is_text {
        // POSIX: values are bytes of no known encoding.
        records.extend(record("hdrcharset", b"BINARY"));
    }
    if needs(name) {
        records.extend(record("path", name));
    }
    if needs(target) {
        records.extend(record("linkpath", target));
    }
    records
}

/// `LENGTH KEY=VALUE\n`, where LENGTH counts its own digits too.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn a_record_counts_its_own_digits() {
        for length in [1, 5, 90, 91, 92, 93, 980, 990, 1000] {
            let record = record("path", &vec![b'x'; length]);
            let digits = String::from_utf8(record.clone()).unwrap().split(' ').next().unwrap().to_owned();
            assert_eq!(digits.parse::<usize>().unwrap(), record.len(), "{length}");
        }
    }
}
