//! Sprig's semantic versions, as the Go library that Helm uses understands them.
//!
//! Looser than the crate `semver`: `v1.2` and `01.2` are versions, ranges join by `||`, `,` and spaces, and a version
//! with a prerelease satisfies only a range that names one.

mod constraint;
mod object;
mod version;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

use constraint::Constraints;
use object::VersionObject;
use version::Version;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Param::Text], semver),
    Function::new("semverCompare", &[Param::Text, Param::Text], semver_compare),
];

fn semver(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::object(VersionObject::pointer(Version::parse(&args.text(0)?.lossy())?)))
}

fn semver_compare(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let constraints = Constraints::parse(&args.text(0)?.lossy())?;
    let version = Version::parse(&args.text(1)?.lossy())?;
    Ok(constraints.allow(&version).into())
}
