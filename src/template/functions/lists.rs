//! Sprig's functions on lists.

use crate::template::collection::CollectionType;
use crate::template::collection::List;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::deep_equal;
use crate::template::value::Value;

/// The functions of this family. The variants without `must` panic in Go, which templates see as the same error.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("list", &[], Param::Any, list),
    Function::variadic("tuple", &[], Param::Any, list),
    Function::new("first", &[Param::Any], first),
    Function::new("mustFirst", &[Param::Any], first),
    Function::new("last", &[Param::Any], last),
    Function::new("mustLast", &[Param::Any], last),
    Function::new("rest", &[Param::Any], rest),
    Function::new("mustRest", &[Param::Any], rest),
    Function::new("initial", &[Param::Any], initial),
    Function::new("mustInitial", &[Param::Any], initial),
    Function::new("append", &[Param::Any, Param::Any], append),
    Function::new("mustAppend", &[Param::Any, Param::Any], append),
    Function::new("push", &[Param::Any, Param::Any], append),
    Function::new("mustPush", &[Param::Any, Param::Any], append),
    Function::new("prepend", &[Param::Any, Param::Any], prepend),
    Function::new("mustPrepend", &[Param::Any, Param::Any], prepend),
    Function::variadic("concat", &[], Param::Any, concat),
    Function::new("reverse", &[Param::Any], reverse),
    Function::new("mustReverse", &[Param::Any], reverse),
    Function::new("uniq", &[Param::Any], uniq),
    Function::new("mustUniq", &[Param::Any], uniq),
    Function::variadic("without", &[Param::Any], Param::Any, without),
    Function::variadic("mustWithout", &[Param::Any], Param::Any, without),
    Function::new("has", &[Param::Any, Param::Any], has),
    Function::new("mustHas", &[Param::Any, Param::Any], has),
    Function::new("compact", &[Param::Any], compact),
    Function::new("mustCompact", &[Param::Any], compact),
    Function::variadic("slice", &[Param::Any], Param::Any, slice),
    Function::variadic("mustSlice", &[Param::Any], Param::Any, slice),
    Function::new("chunk", &[Param::Int, Param::Any], chunk),
    Function::new("mustChunk", &[Param::Int, Param::Any], chunk),
    Function::new("until", &[Param::Int], until),
    Function::new("untilStep", &[Param::Int, Param::Int, Param::Int], until_step),
];

/// The longest list of numbers that a function makes.
const LONGEST: usize = 10_000_000;

fn items(args: Args<'_>, index: usize, doing: &str) -> Result<Vec<Value>, FunctionError> {
    let value = args.any(index)?;
    if value.is_nil() {
        return Err(FunctionError::nil_dereference());
    }
    let list = value.as_list().ok_or_else(|| complaint(doing, value))?;
    Ok(list.items())
}

fn complaint(doing: &str, value: &Value) -> FunctionError {
    FunctionError::new(format!("Cannot {doing} on type {}", value.kind().name()))
}

fn list(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.all().to_vec().into())
}

fn first(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(items(args, 0, "find first")?.into_iter().next().unwrap_or_default())
}

fn last(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(items(args, 0, "find last")?.pop().unwrap_or_default())
}

/// Nil for an empty list, as Go's nil slice.
fn rest(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let items = items(args, 0, "find rest")?;
    Ok(items.into_iter().skip(1).collect::<Vec<_>>().into())
}

fn initial(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut items = items(args, 0, "find initial")?;
    items.pop();
    Ok(items.into())
}

fn append(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut items = items(args, 0, "push")?;
    items.push(args.any(1)?.clone());
    Ok(items.into())
}

fn prepend(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut items = items(args, 0, "prepend")?;
    items.insert(0, args.any(1)?.clone());
    Ok(items.into())
}

fn concat(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut all = Vec::new();
    for index in 0..args.len() {
        let value = args.any(index)?;
        let list = value
            .as_list()
            .ok_or_else(|| FunctionError::new(format!("Cannot concat type {} as list", value.kind().name())))?;
        all.extend(list.items());
    }
    Ok(all.into())
}

fn reverse(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut items = items(args, 0, "find reverse")?;
    items.reverse();
    Ok(items.into())
}

fn uniq(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items(args, 0, "find uniq")? {
        if !kept.iter().any(|other| deep_equal(other, &item)) {
            kept.push(item);
        }
    }
    Ok(kept.into())
}

fn without(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut items = items(args, 0, "find without")?;
    items.retain(|item| !args.from(1).iter().any(|omitted| deep_equal(item, omitted)));
    Ok(items.into())
}

/// Nil has nothing.
fn has(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    if matches!(args.any(1)?, Value::Nil) {
        return Ok(false.into());
    }
    let needle = args.any(0)?;
    Ok(items(args, 1, "find has")?.iter().any(|item| deep_equal(needle, item)).into())
}

fn compact(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut items = items(args, 0, "compact")?;
    items.retain(Value::is_true);
    Ok(items.into())
}

/// Keeps the type of the list, as Go's slices of slices do.
fn slice(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let value = args.any(0)?;
    if value.is_nil() {
        return Err(FunctionError::nil_dereference());
    }
    let list = value.as_list().ok_or_else(|| {
        FunctionError::new("list should be type of slice or array but ".to_owned() + value.kind().name())
    })?;
    let items = list.items();
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let bound = |index: usize, otherwise: usize| -> usize {
        args.from(1).get(index).map_or(otherwise, |value| usize::try_from(super::to_int64(value)).unwrap_or(0))
    };
    let (from, to) = (bound(0, 0), bound(1, items.len()));
    let part = items
        .get(from..to)
        .ok_or_else(|| FunctionError::new(format!("reflect.Value.Slice: slice index out of bounds [{from}:{to}]")))?;
    Ok(List::typed(list.kind(), part.to_vec()).into())
}

fn chunk(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let size = usize::try_from(args.int(0)?).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| FunctionError::new("runtime error: integer divide by zero"))?;
    let chunks = items(args, 1, "chunk")?.chunks(size).map(|chunk| chunk.to_vec().into()).collect();
    Ok(List::typed(CollectionType::LISTS, chunks).into())
}

fn until(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let count = args.int(0)?;
    numbers(0, count, if count < 0 { -1 } else { 1 })
}

fn until_step(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    numbers(args.int(0)?, args.int(1)?, args.int(2)?)
}

/// A step that does not lead from `first` to `end` gives nothing.
fn numbers(first: i64, end: i64, step: i64) -> Result<Value, FunctionError> {
    let mut numbers = Vec::new();
    let mut number = first;
    while (step > 0 && number < end) || (step < 0 && number > end) {
        if numbers.len() == LONGEST {
            return Err(FunctionError::new(format!("more than {LONGEST} numbers")));
        }
        numbers.push(Value::from(number));
        let Some(next) = number.checked_add(step) else { break };
        number = next;
    }
    Ok(List::typed(CollectionType::INTS, numbers).into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn numbers(value: &Value) -> Vec<i64> {
        value.as_list().unwrap().items().iter().filter_map(Value::as_int).collect()
    }

    fn call(name: &str, args: &[Value]) -> Vec<i64> {
        numbers(&call_for_test(name, args).unwrap())
    }

    fn one_two_two() -> Value {
        Value::from(vec![1.into(), 2.into(), 2.into()])
    }

    #[test]
    fn parts() {
        assert_eq!(call("rest", &[one_two_two()]), [2, 2]);
        assert_eq!(call("initial", &[one_two_two()]), [1, 2]);
        assert_eq!(call("slice", &[one_two_two(), 1.into(), 2.into()]), [2]);
        assert!(call_for_test("slice", &[one_two_two(), 2.into(), 9.into()]).is_err());
        assert!(call_for_test("first", &[Value::from(vec![])]).unwrap().is_nil());
        assert!(call_for_test("first", &[Value::Nil]).unwrap_err().contains("nil pointer"));
        assert_eq!(call_for_test("first", &["x".into()]).unwrap_err(), "Cannot find first on type string");
    }

    #[test]
    fn the_list_that_is_given_stays_as_it_was() {
        let list = one_two_two();
        assert_eq!(call("append", &[list.clone(), 3.into()]), [1, 2, 2, 3]);
        assert_eq!(call("reverse", std::slice::from_ref(&list)), [2, 2, 1]);
        assert_eq!(numbers(&list), [1, 2, 2]);
    }

    #[test]
    fn items_are_compared_by_what_they_hold() {
        assert_eq!(call("uniq", &[one_two_two()]), [1, 2]);
        assert_eq!(call("without", &[one_two_two(), 2.into()]), [1]);
        assert!(call_for_test("has", &[2.into(), one_two_two()]).unwrap().is_true());
        assert!(!call_for_test("has", &[2.0.into(), one_two_two()]).unwrap().is_true());
    }

    #[test]
    fn ranges() {
        assert_eq!(call("until", &[(-2).into()]), [0, -1]);
        assert_eq!(call("untilStep", &[0.into(), 10.into(), 4.into()]), [0, 4, 8]);
        assert_eq!(call("untilStep", &[0.into(), 10.into(), 0.into()]), [] as [i64; 0]);
    }
}
