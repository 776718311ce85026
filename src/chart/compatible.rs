//! Versions and ranges, by the engine's own `semver` functions (Masterminds' rules).

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Functions;
use crate::template::value::Value;
use crate::template::world::SeededWorld;

/// Whether `version` is in `range`; not if either cannot be read.
///
/// A pre-release is in a range only if the range names one (`>=1.20.0-0`).
pub fn is_compatible(range: &str, version: &str) -> bool {
    matches!(call("semverCompare", &[range.into(), version.into()]), Some(Value::Bool(true)))
}

/// Whether the text is a version, loosely (`v1.2`, `1`).
pub fn is_version(text: &str) -> bool {
    call("semver", &[text.into()]).is_some()
}

fn call(name: &str, args: &[Value]) -> Option<Value> {
    let mut world = SeededWorld::default();
    let function = Functions::sprig().get(name).cloned()?;
    function.call(&mut Context::new(&mut world), Args::new(args)).ok()
}
