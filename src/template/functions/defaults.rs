//! Sprig's functions on emptiness and defaults.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("default", &[Param::Any], Param::Any, default),
    Function::new("empty", &[Param::Any], empty),
    Function::variadic("coalesce", &[], Param::Any, coalesce),
    Function::variadic("all", &[], Param::Any, all),
    Function::variadic("any", &[], Param::Any, any),
    Function::new("ternary", &[Param::Any, Param::Any, Param::Bool], ternary),
];

fn default(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let given = args.from(1).first().filter(|value| value.is_true());
    Ok(given.unwrap_or(args.any(0)?).clone())
}

fn empty(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((!args.any(0)?.is_true()).into())
}

fn coalesce(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.all().iter().find(|value| value.is_true()).cloned().unwrap_or_default())
}

fn all(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.all().iter().all(Value::is_true).into())
}

fn any(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.all().iter().any(Value::is_true).into())
}

fn ternary(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let index = usize::from(!args.bool(2)?);
    Ok(args.any(index)?.clone())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn number(name: &str, args: &[Value]) -> Option<i64> {
        call_for_test(name, args).unwrap().as_int()
    }

    #[test]
    fn the_first_value_that_is_not_empty_wins() {
        assert_eq!(number("default", &[1.into(), 0.into()]), Some(1));
        assert_eq!(number("default", &[1.into(), 2.into()]), Some(2));
        assert_eq!(number("default", &[1.into()]), Some(1));
        assert_eq!(number("coalesce", &[Value::Nil, "".into(), 3.into(), 4.into()]), Some(3));
        assert!(call_for_test("coalesce", &[]).unwrap().is_nil());
        assert_eq!(number("ternary", &[1.into(), 2.into(), false.into()]), Some(2));
    }
}
