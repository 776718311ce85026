//! Packed charts: `.tgz` bytes to files, safely.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::chart::ChartFile;
use crate::chart::error::Error;
use crate::chart::load::LARGEST_FILE;
use crate::chart::load::without_mark;

/// How much a packed chart may unpack to: Helm's limit.
const LARGEST_CHART: u64 = 100 << 20;

/// The files of a packed chart, paths relative to the chart's own directory.
///
/// Links and other things that are no files have no content here; nothing is written anywhere.
///
/// # Errors
/// What is no gzipped tar, paths that lead out of the chart, files above 5 MiB, more than 100 MiB in all.
pub fn unpack(packed: &[u8]) -> Result<Vec<ChartFile>, Error> {
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return Err(Error::new("gzip: invalid header"));
    }
    let mut archive = tar::Archive::new(GzDecoder::new(packed));
    let mut files = Vec::new();
    let mut remaining = LARGEST_CHART;
    for entry in archive.entries().map_err(|problem| unreadable(&problem))? {
        let mut entry = entry.map_err(|problem| unreadable(&problem))?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = safe_path(&name)?;
        let data = content(&mut entry, &name, remaining)?;
        remaining -= data.len() as u64;
        files.push(ChartFile::new(path, without_mark(data)));
    }
    if files.is_empty() { Err(Error::new("no files in chart archive")) } else { Ok(files) }
}

fn content(entry: &mut tar::Entry<'_, impl Read>, name: &str, remaining: u64) -> Result<Vec<u8>, Error> {
    let size = entry.size();
    if size >= remaining {
        return Err(Error::new(format!("decompressed chart is larger than the maximum file size {LARGEST_CHART}")));
    }
    if size > LARGEST_FILE {
        let text = format!("decompressed chart file {name:?} is larger than the maximum file size {LARGEST_FILE}");
        return Err(Error::new(text));
    }
    // Not reserved by the header's word: the archive may promise more than it has.
    let mut data = Vec::new();
    entry.take(size).read_to_end(&mut data).map_err(|problem| unreadable(&problem))?;
    if (data.len() as u64) < size { Err(Error::new("unexpected EOF")) } else { Ok(data) }
}

/// The path below the chart's directory, refused where it could mean a place outside.
fn safe_path(name: &str) -> Result<String, Error> {
    let slashed = if name.contains('\\') { name.replace('\\', "/") } else { name.to_owned() };
    let (top, rest) = slashed.split_once('/').unwrap_or((&slashed, ""));
    if rest.starts_with('/') {
        return Err(Error::new("chart illegally contains absolute paths"));
    }
    let path = cleaned(rest);
    if path == "." {
        return Err(Error::new(format!("chart illegally contains content outside the base directory: {name:?}")));
    }
    if path.starts_with("..") {
        return Err(Error::new("chart illegally references parent directory"));
    }
    if path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && path[1..].starts_with(":/") {
        return Err(Error::new("chart contains illegally named files"));
    }
    if top == "Chart.yaml" {
        return Err(Error::new("chart yaml not in base directory"));
    }
    Ok(path)
}

/// Go's `path.Clean` of a relative path.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn unreadable(problem: &std::io::Error) -> Error {
    Error::new(problem.to_string())
}
