//! Sprig's functions on paths. On Linux those on slash-separated paths and on the system's are the same.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::text::Text;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base", &[Param::Text], base),
    Function::new("dir", &[Param::Text], dir),
    Function::new("clean", &[Param::Text], clean),
    Function::new("ext", &[Param::Text], ext),
    Function::new("isAbs", &[Param::Text], is_abs),
    Function::new("osBase", &[Param::Text], base),
    Function::new("osDir", &[Param::Text], dir),
    Function::new("osClean", &[Param::Text], clean),
    Function::new("osExt", &[Param::Text], ext),
    Function::new("osIsAbs", &[Param::Text], is_abs),
];

/// The last element; slashes at the end do not count. `.` of nothing, `/` of slashes only.
fn base(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let path = args.text(0)?;
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let base = path[..end].rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    Ok(match (path.is_empty(), base.is_empty()) {
        (true, _) => ".".into(),
        (_, true) => "/".into(),
        _ => Value::Text(base.into()),
    })
}

/// All but what follows the last slash, made clean.
fn dir(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let path = args.text(0)?;
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |last| last + 1);
    Ok(cleaned(&path[..end]).into())
}

fn clean(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(cleaned(args.text(0)?).into())
}

/// The shortest path to the same place, without looking at any file.
fn cleaned(path: &[u8]) -> Text {
    let is_rooted = path.starts_with(b"/");
    let mut elements: Vec<&[u8]> = Vec::new();
    for element in path.split(|byte| *byte == b'/') {
        match element {
            b"" | b"." => {}
            b".." if elements.last().is_some_and(|last| *last != b"..") => {
                elements.pop();
            }
            b".." if is_rooted => {}
            other => elements.push(other),
        }
    }
    let joined = elements.join(&b'/');
    match (is_rooted, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat().into(),
        (false, true) => ".".into(),
        (false, false) => joined.into(),
    }
}

/// From the last dot of the last element on; empty if there is none.
fn ext(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let path = args.text(0)?;
    let last = path.iter().rposition(|byte| matches!(byte, b'/' | b'.')).filter(|at| path[*at] == b'.');
    Ok(last.map_or_else(|| "".into(), |dot| Value::Text(path[dot..].into())))
}

fn is_abs(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.text(0)?.starts_with(b"/").into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;

    fn text(name: &str, of: &str) -> String {
        call_for_test(name, &[of.into()]).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn paths() {
        for (path, base, dir, clean, ext) in [
            ("/a/b.tar.gz", "b.tar.gz", "/a", "/a/b.tar.gz", ".gz"),
            ("", ".", ".", ".", ""),
            ("///", "/", "/", "/", ""),
            ("a/../../b/./c/", "c", "../b/c", "../b/c", ""),
            ("/../a.b/c", "c", "/a.b", "/a.b/c", ""),
        ] {
            assert_eq!([text("base", path), text("dir", path)], [base, dir], "{path}");
            assert_eq!([text("clean", path), text("ext", path)], [clean, ext], "{path}");
        }
    }
}
