//! `print`, `printf` and `println` of text/template.

use crate::template::context::Context;
use crate::template::format;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("print", &[], Param::Any, print),
    Function::variadic("printf", &[Param::Text], Param::Any, printf),
    Function::variadic("println", &[], Param::Any, println),
];

fn print(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(format::sprint(args.all()).into())
}

fn printf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(format::sprintf(args.text(0)?, args.from(1)).into())
}

fn println(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(format::sprintln(args.all()).into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    #[test]
    fn println_puts_spaces_everywhere() {
        let printed = call_for_test("println", &["a".into(), 1.into(), Value::Nil]).unwrap();
        assert_eq!(printed.as_text().unwrap().bytes(), b"a 1 <nil>\n");
    }
}
