//! `eq`, `ne`, `lt`, `le`, `gt` and `ge` of text/template.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::template::context::Context;
use crate::template::format;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::value::Kind;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("eq", &[Param::Reflect], Param::Reflect, eq),
    Function::new("ne", &[Param::Reflect, Param::Reflect], ne),
    Function::new("lt", &[Param::Reflect, Param::Reflect], lt),
    Function::new("le", &[Param::Reflect, Param::Reflect], le),
    Function::new("gt", &[Param::Reflect, Param::Reflect], gt),
    Function::new("ge", &[Param::Reflect, Param::Reflect], ge),
];

/// The values that can be compared, by Go's classes.
enum Basic<'a> {
    Bool(bool),
    Complex(f64, f64),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(&'a [u8]),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    Some(match value {
        Value::Bool(truth) => Basic::Bool(*truth),
        Value::Complex(real, imaginary) => Basic::Complex(*real, *imaginary),
        Value::Int(number, _) => Basic::Int(*number),
        Value::Uint(number, _) => Basic::Uint(*number),
        Value::Float(number) => Basic::Float(*number),
        Value::Text(text) => Basic::Text(text),
        _ => return None,
    })
}

/// An object that is a number or string by another name compares as such.
fn underlying(value: &Value) -> Value {
    match value {
        Value::Object(object) => match object.shape() {
            Shape::Scalar(scalar) if object.kind() != Kind::Ptr => scalar,
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

fn eq(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let first = args.any(0)?;
    if args.len() < 2 {
        return Err(FunctionError::new("missing argument for comparison"));
    }
    for other in args.from(1) {
        if equal(first, other)? {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

fn ne(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((!equal(args.any(0)?, args.any(1)?)?).into())
}

#[expect(clippy::float_cmp, reason = "the comparison that the template asks for")]
fn equal(first: &Value, second: &Value) -> Result<bool, FunctionError> {
    let (left, right) = (underlying(first), underlying(second));
    Ok(match (basic(&left), basic(&right)) {
        (Some(Basic::Bool(left)), Some(Basic::Bool(right))) => left == right,
        (Some(Basic::Complex(a, b)), Some(Basic::Complex(c, d))) => a == c && b == d,
        (Some(Basic::Int(left)), Some(Basic::Int(right))) => left == right,
        (Some(Basic::Uint(left)), Some(Basic::Uint(right))) => left == right,
        (Some(Basic::Int(signed)), Some(Basic::Uint(unsigned)))
        | (Some(Basic::Uint(unsigned)), Some(Basic::Int(signed))) => u64::try_from(signed) == Ok(unsigned),
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => left == right,
        (Some(Basic::Text(left)), Some(Basic::Text(right))) => left == right,
        (None, None) => return same(first, second),
        _ if matches!(first, Value::Nil) || matches!(second, Value::Nil) => false,
        _ => return Err(incompatible(first, second)),
    })
}

fn incompatible(first: &Value, second: &Value) -> FunctionError {
    FunctionError::new(format!("incompatible types for comparison: {} and {}", first.type_name(), second.type_name()))
}

/// Compares what is neither number nor string nor truth value: only nil, pointers and structs can be.
fn same(first: &Value, second: &Value) -> Result<bool, FunctionError> {
    if first.is_nil() || second.is_nil() {
        return Ok(first.is_nil() == second.is_nil());
    }
    if first.kind() != second.kind() {
        let text = format!("non-comparable types {}: {}, ", as_text(first), first.type_name());
        return Err(FunctionError::new(format!("{text}{}: {}", second.type_name(), format::display(second))));
    }
    match (first, second) {
        (Value::Object(left), Value::Object(right)) if is_comparable(second) => same_object(left, right),
        _ => Err(FunctionError::new(format!("non-comparable type {}: {}", as_text(second), second.type_name()))),
    }
}

fn as_text(value: &Value) -> String {
    format::sprintf(b"%s", std::slice::from_ref(value)).to_string()
}

fn is_comparable(value: &Value) -> bool {
    let Value::Object(object) = value else { return basic(value).is_some() || value.is_nil() };
    object.kind() == Kind::Ptr
        || match object.shape() {
            Shape::Struct(fields) => fields.iter().all(|(_, value)| is_comparable(value)),
            Shape::Scalar(_) => true,
            Shape::Map(_) | Shape::List(_) => false,
        }
}

fn same_object(left: &Rc<dyn Object>, right: &Rc<dyn Object>) -> Result<bool, FunctionError> {
    if Rc::ptr_eq(left, right) {
        return Ok(true);
    }
    if left.kind() == Kind::Ptr || left.type_name() != right.type_name() {
        return Ok(false);
    }
    let (Shape::Struct(left), Shape::Struct(right)) = (left.shape(), right.shape()) else { return Ok(false) };
    for ((_, left), (_, right)) in left.iter().zip(&right) {
        if left.type_name() != right.type_name() || !equal(left, right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How two values that have an order stand; nothing where a number is none.
fn order(first: &Value, second: &Value) -> Result<Option<Ordering>, FunctionError> {
    let (left, right) = (underlying(first), underlying(second));
    let refused = || FunctionError::new("invalid type for comparison");
    let (left, right) = (basic(&left).ok_or_else(refused)?, basic(&right).ok_or_else(refused)?);
    Ok(match (left, right) {
        (Basic::Int(left), Basic::Int(right)) => Some(left.cmp(&right)),
        (Basic::Uint(left), Basic::Uint(right)) => Some(left.cmp(&right)),
        (Basic::Int(left), Basic::Uint(right)) => Some(i128::from(left).cmp(&i128::from(right))),
        (Basic::Uint(left), Basic::Int(right)) => Some(i128::from(left).cmp(&i128::from(right))),
        (Basic::Float(left), Basic::Float(right)) => left.partial_cmp(&right),
        (Basic::Text(left), Basic::Text(right)) => Some(left.cmp(right)),
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => return Err(refused()),
        _ => return Err(incompatible(first, second)),
    })
}

fn lt(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((order(args.any(0)?, args.any(1)?)? == Some(Ordering::Less)).into())
}

fn le(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(order(args.any(0)?, args.any(1)?)?.is_some_and(Ordering::is_le).into())
}

/// Go takes this for "not less or equal", which a number that is none makes true.
fn gt(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((!order(args.any(0)?, args.any(1)?)?.is_some_and(Ordering::is_le)).into())
}

fn ge(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok((order(args.any(0)?, args.any(1)?)? != Some(Ordering::Less)).into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::UintType;
    use crate::template::value::Value;

    fn compared(name: &str, args: &[Value]) -> Result<bool, String> {
        call_for_test(name, args).map(|value| value.is_true())
    }

    #[test]
    fn kinds_must_agree_save_for_integers() {
        assert_eq!(compared("eq", &[1.into(), Value::Uint(1, UintType::Uint64)]), Ok(true));
        assert_eq!(compared("lt", &[(-1).into(), Value::Uint(1, UintType::Uint64)]), Ok(true));
        let refused = Err("incompatible types for comparison: int and float64".to_owned());
        assert_eq!(compared("eq", &[1.into(), 1.0.into()]), refused);
        assert_eq!(compared("lt", &[true.into(), false.into()]), Err("invalid type for comparison".to_owned()));
    }

    #[test]
    fn nil_equals_nil_alone() {
        assert_eq!(compared("eq", &[Value::Nil, Value::Nil]), Ok(true));
        assert_eq!(compared("eq", &[Value::Nil, "x".into()]), Ok(false));
        assert_eq!(compared("eq", &[Value::Nil, vec![].into()]), Ok(false));
    }

    #[test]
    fn lists_cannot_be_compared() {
        let list = Value::from(vec![3.0.into()]);
        let expected = Err("non-comparable type [%!s(float64=3)]: []interface {}".to_owned());
        assert_eq!(compared("eq", &[list.clone(), list]), expected);
    }

    #[test]
    fn not_a_number_is_neither_less_nor_equal() {
        let nan = Value::Float(f64::NAN);
        assert_eq!(compared("le", &[nan.clone(), nan.clone()]), Ok(false));
        assert_eq!(compared("gt", &[nan.clone(), nan]), Ok(true));
    }
}
