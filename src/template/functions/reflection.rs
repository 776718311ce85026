//! Sprig's questions about types.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::deep_equal as is_deep_equal;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("typeOf", &[Param::Any], type_of),
    Function::new("typeIs", &[Param::Text, Param::Any], type_is),
    Function::new("typeIsLike", &[Param::Text, Param::Any], type_is_like),
    Function::new("kindOf", &[Param::Any], kind_of),
    Function::new("kindIs", &[Param::Text, Param::Any], kind_is),
    Function::new("deepEqual", &[Param::Any, Param::Any], deep_equal),
];

fn type_of(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.any(0)?.type_name().as_ref().into())
}

fn type_is(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((args.text(0)?.bytes() == args.any(1)?.type_name().as_bytes()).into())
}

/// Whether it is of that type or points to one of it.
fn type_is_like(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let name = args.any(1)?.type_name();
    let pointed = name.strip_prefix('*').unwrap_or(&name);
    let wanted = args.text(0)?.bytes();
    Ok((wanted == name.as_bytes() || wanted == pointed.as_bytes()).into())
}

fn kind_of(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.any(0)?.kind().name().into())
}

fn kind_is(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((args.text(0)?.bytes() == args.any(1)?.kind().name().as_bytes()).into())
}

fn deep_equal(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(is_deep_equal(args.any(0)?, args.any(1)?).into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    #[test]
    fn a_type_is_like_what_it_points_to() {
        let semver = call_for_test("semver", &["1.2.3".into()]).unwrap();
        let is = |name: &str, of: &str| call_for_test(name, &[of.into(), semver.clone()]).unwrap().is_true();
        assert!(is("typeIs", "*semver.Version") && is("typeIsLike", "*semver.Version"));
        assert!(is("typeIsLike", "semver.Version") && !is("typeIs", "semver.Version") && is("kindIs", "ptr"));
        assert_eq!(call_for_test("kindOf", &[Value::Nil]).unwrap().as_text().unwrap().to_string(), "invalid");
    }
}
