//! `index`, `slice` and `len` of text/template.

use crate::template::collection::Element;
use crate::template::collection::List;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Kind;
use crate::template::value::UintType;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("index", &[Param::Reflect], Param::Reflect, index),
    Function::variadic("slice", &[Param::Reflect], Param::Reflect, slice_of),
    Function::new("len", &[Param::Reflect], len),
];

/// What a missing key of such a map reads as.
pub(in crate::template) fn zero(element: Element) -> Value {
    match element {
        Element::Any | Element::Collection => Value::Nil,
        Element::Text => "".into(),
        Element::Int => 0.into(),
        Element::Bytes => Value::Bytes(Text::default()),
    }
}

/// The collection that an object stands for.
fn collection(value: &Value) -> Value {
    match value {
        Value::Object(object) if !object.is_nil() => match object.shape() {
            Shape::Map(map) => map.into(),
            Shape::List(list) => list.into(),
            Shape::Scalar(scalar) => scalar,
            Shape::Struct(_) => value.clone(),
        },
        other => other.clone(),
    }
}

fn index(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut item = args.any(0)?.clone();
    if matches!(item, Value::Nil) {
        return Err(FunctionError::new("index of untyped nil"));
    }
    for index in args.from(1) {
        if item.is_nil() {
            return Err(FunctionError::new("index of nil pointer"));
        }
        item = element(&collection(&item), index)?;
    }
    Ok(item)
}

fn element(item: &Value, index: &Value) -> Result<Value, FunctionError> {
    let out_of_range = |what: &str| FunctionError::new(format!("reflect: {what} index out of range"));
    match item {
        Value::Map(map) => match index {
            Value::Text(key) => Ok(map.get(key).unwrap_or_else(|| zero(map.kind().element))),
            Value::Nil => Err(FunctionError::new("value is nil; should be of type string")),
            other => Err(FunctionError::new(format!("value has type {}; should be string", other.type_name()))),
        },
        Value::List(list) => {
            let at = position(index, list.len())?;
            list.get(at).ok_or_else(|| out_of_range("slice"))
        }
        Value::Text(text) | Value::Bytes(text) => {
            let at = position(index, text.len())?;
            let what = if matches!(item, Value::Text(_)) { "string" } else { "slice" };
            let byte = text.get(at).ok_or_else(|| out_of_range(what))?;
            Ok(Value::Uint(u64::from(*byte), UintType::Uint8))
        }
        other => Err(FunctionError::new(format!("can't index item of type {}", other.type_name()))),
    }
}

/// An index from 0 to `greatest`, which is one too many for an element: Go finds that out later.
fn position(index: &Value, greatest: usize) -> Result<usize, FunctionError> {
    let number = match index {
        Value::Int(number, _) => *number,
        Value::Uint(number, _) => number.cast_signed(),
        Value::Nil => return Err(FunctionError::new("cannot index slice/array with nil")),
        other => {
            let text = format!("cannot index slice/array with type {}", other.type_name());
            return Err(FunctionError::new(text));
        }
    };
    let position = usize::try_from(number).ok().filter(|position| *position <= greatest);
    position.ok_or_else(|| FunctionError::new(format!("index out of range: {number}")))
}

fn slice_of(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    slice(args.all())
}

/// The part of the first value between the indexes that follow it.
pub(in crate::template) fn slice(args: &[Value]) -> Result<Value, FunctionError> {
    let (item, indexes) = args.split_first().unwrap_or((&Value::Nil, &[]));
    let item = match item {
        Value::Nil => return Err(FunctionError::new("slice of untyped nil")),
        item if item.is_nil() => return Err(FunctionError::new("slice of nil pointer")),
        item => collection(item),
    };
    if indexes.len() > 3 {
        return Err(FunctionError::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match &item {
        Value::Text(_) if indexes.len() == 3 => return Err(FunctionError::new("cannot 3-index slice a string")),
        Value::Text(text) | Value::Bytes(text) => text.len(),
        Value::List(list) => list.len(),
        other => return Err(FunctionError::new(format!("can't slice item of type {}", other.type_name()))),
    };
    let bounds = bounds(indexes, length)?;
    Ok(match &item {
        Value::Text(text) => Value::Text(text[bounds].into()),
        Value::Bytes(bytes) => Value::Bytes(bytes[bounds].into()),
        Value::List(list) => List::typed(list.kind(), list.items()[bounds].to_vec()).into(),
        _ => Value::Nil,
    })
}

fn bounds(indexes: &[Value], length: usize) -> Result<std::ops::Range<usize>, FunctionError> {
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length)?;
    }
    let [from, to, capacity] = bounds;
    for (low, high) in [(from, to), (to, capacity)] {
        if low > high {
            return Err(FunctionError::new(format!("invalid slice index: {low} > {high}")));
        }
    }
    Ok(from..to)
}

fn len(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    length(args.any(0)?)
}

/// How many bytes, items or entries it has.
pub(in crate::template) fn length(item: &Value) -> Result<Value, FunctionError> {
    Ok(match collection(item) {
        Value::Text(text) | Value::Bytes(text) => text.len().into(),
        Value::List(list) => list.len().into(),
        Value::Map(map) => map.len().into(),
        Value::Nil => return Err(FunctionError::new("reflect: call of reflect.Value.Type on zero Value")),
        other if other.is_nil() => return Err(FunctionError::new("len of nil pointer")),
        other => {
            let name = other.type_name();
            let pointed = if other.kind() == Kind::Ptr { name.trim_start_matches('*') } else { &name };
            return Err(FunctionError::new(format!("len of type {pointed}")));
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::template::collection::Map;
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    #[test]
    fn index_goes_through_maps_and_lists() {
        let map = Map::new();
        map.insert("a", Value::from(vec![1.into(), 2.into()]));
        let found = call_for_test("index", &[map.clone().into(), "a".into(), 1.into()]).unwrap();
        assert_eq!(found.as_int(), Some(2));
        let refused = |args: &[Value]| call_for_test("index", args).unwrap_err();
        assert_eq!(refused(&[Value::Nil, 1.into()]), "index of untyped nil");
        assert_eq!(refused(&[map.clone().into(), "x".into(), "y".into()]), "index of nil pointer");
        assert_eq!(refused(&[map.clone().into(), "a".into(), 3.into()]), "index out of range: 3");
        assert_eq!(refused(&[map.into(), 1.into()]), "value has type int; should be string");
    }

    #[test]
    fn len_counts_bytes_and_entries() {
        assert_eq!(call_for_test("len", &["héé".into()]).unwrap().as_int(), Some(5));
        assert_eq!(call_for_test("len", &[3.into()]).unwrap_err(), "len of type int");
    }
}
