//! `and`, `or`, `not` and `call` of text/template.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

/// The functions of this family. The interpreter evaluates the arguments of `and` and `or` only as far as needed,
/// and knows what `call` is given; what stands here says the same of arguments that are there already.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("and", &[Param::Reflect], Param::Reflect, and),
    Function::variadic("or", &[Param::Reflect], Param::Reflect, or),
    Function::new("not", &[Param::Reflect], not),
    Function::variadic("call", &[Param::Reflect], Param::Reflect, call),
];

fn decide(args: Args<'_>, wanted: bool) -> Value {
    let found = args.all().iter().find(|value| value.is_true() == wanted);
    found.or(args.all().last()).cloned().unwrap_or_default()
}

fn and(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(decide(args, false))
}

fn or(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(decide(args, true))
}

fn not(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((!args.any(0)?.is_true()).into())
}

/// There are no values that are functions, so this never gets to call one.
fn call(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    match args.any(0)? {
        Value::Nil => Err(FunctionError::new("call of nil")),
        other => Err(FunctionError::new(format!("non-function of type {}", other.type_name()))),
    }
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    #[test]
    fn and_gives_the_first_falsehood_or_the_last_value() {
        let and = |args: &[Value]| call_for_test("and", args).unwrap().as_int();
        assert_eq!(and(&[1.into(), 0.into(), 2.into()]), Some(0));
        assert_eq!(and(&[1.into(), 2.into()]), Some(2));
    }

    #[test]
    fn nothing_can_be_called() {
        assert_eq!(call_for_test("call", &[Value::Nil]).unwrap_err(), "call of nil");
    }
}
