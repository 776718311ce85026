//! Helm's functions that render templates, give up, or ask the cluster.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;
use crate::template::world::Lookup;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("include", &[Param::Text, Param::Any], include),
    Function::new("tpl", &[Param::Text, Param::Any], tpl),
    Function::new("required", &[Param::Text, Param::Any], required),
    Function::new("fail", &[Param::Text], fail),
    Function::new("lookup", &[Param::Text, Param::Text, Param::Text, Param::Text], lookup),
];

fn include(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(context.include(args.text(0)?, args.any(1)?.clone())?.into())
}

fn tpl(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(context.render_text(args.text(0)?, args.any(1)?.clone())?.into())
}

/// Only nil and the empty string count as not given.
fn required(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let value = args.any(1)?;
    let is_missing = match value {
        Value::Nil => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    };
    if is_missing {
        return Err(FunctionError::Raised(args.text(0)?.to_string()));
    }
    Ok(value.clone())
}

fn fail(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Err(FunctionError::Raised(args.text(0)?.to_string()))
}

fn lookup(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = |index| args.text(index).map(ToString::to_string);
    let query = Lookup { api_version: text(0)?, kind: text(1)?, namespace: text(2)?, name: text(3)? };
    context.world.lookup(&query).map_err(FunctionError::new)
}

#[cfg(test)]
mod tests {
    use crate::template::context::Context;
    use crate::template::functions::Args;
    use crate::template::functions::Functions;
    use crate::template::value::Value;
    use crate::template::world::SeededWorld;

    fn call(name: &str, args: &[Value]) -> Result<Value, String> {
        let mut world = SeededWorld::default();
        let function = Functions::helm().get(name).cloned().unwrap();
        function.call(&mut Context::new(&mut world), Args::new(args)).map_err(|error| error.to_string())
    }

    #[test]
    fn required_refuses_nil_and_the_empty_string_but_not_zero() {
        assert_eq!(call("required", &["give it".into(), Value::Nil]).unwrap_err(), "give it");
        assert_eq!(call("required", &["give it".into(), "".into()]).unwrap_err(), "give it");
        assert_eq!(call("required", &["give it".into(), 0.into()]).unwrap().as_int(), Some(0));
    }

    #[test]
    fn tpl_works_without_a_template_set() {
        let rendered = call("tpl", &["a{{ .b }}c".into(), Value::Nil]).unwrap();
        assert_eq!(rendered.as_text().unwrap().bytes(), b"ac");
    }
}
