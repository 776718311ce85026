//! Sprig's functions on dicts. A dict is shared: what changes one changes it for everybody who holds it.

use crate::template::collection::CollectionType;
use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::strval;
use crate::template::text::Text;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("dict", &[], Param::Any, dict),
    Function::new("get", &[Param::Map, Param::Text], get),
    Function::new("set", &[Param::Map, Param::Text, Param::Any], set),
    Function::new("unset", &[Param::Map, Param::Text], unset),
    Function::new("hasKey", &[Param::Map, Param::Text], has_key),
    Function::variadic("pluck", &[Param::Text], Param::Map, pluck),
    Function::variadic("keys", &[], Param::Map, keys),
    Function::new("values", &[Param::Map], values),
    Function::variadic("pick", &[Param::Map], Param::Text, pick),
    Function::variadic("omit", &[Param::Map], Param::Text, omit),
    Function::variadic("merge", &[Param::Map], Param::Map, merge),
    Function::variadic("mustMerge", &[Param::Map], Param::Map, merge),
    Function::variadic("mergeOverwrite", &[Param::Map], Param::Map, merge_overwrite),
    Function::variadic("mustMergeOverwrite", &[Param::Map], Param::Map, merge_overwrite),
    Function::new("deepCopy", &[Param::Any], deep_copy),
    Function::new("mustDeepCopy", &[Param::Any], deep_copy),
    Function::variadic("dig", &[], Param::Any, dig),
];

/// Deepest nesting that merging and copying follow; templates can build cycles.
const DEEPEST: usize = 1000;

/// A key without a value gets the empty string.
fn dict(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let map = Map::new();
    for pair in args.all().chunks(2) {
        map.insert(strval(&pair[0]), pair.get(1).cloned().unwrap_or_else(|| "".into()));
    }
    Ok(map.into())
}

fn get(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.map(0)?.get(args.text(1)?.bytes()).unwrap_or_else(|| "".into()))
}

fn set(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    args.map(0)?.insert(args.text(1)?.clone(), args.any(2)?.clone());
    Ok(args.any(0)?.clone())
}

fn unset(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    args.map(0)?.remove(args.text(1)?.bytes());
    Ok(args.any(0)?.clone())
}

fn has_key(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.map(0)?.contains(args.text(1)?.bytes()).into())
}

fn pluck(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let key = args.text(0)?;
    let mut found = Vec::new();
    for index in 1..args.len() {
        found.extend(args.map(index)?.get(key.bytes()));
    }
    Ok(found.into())
}

/// Sorted, where Go's order is random.
fn keys(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut keys = Vec::new();
    for index in 0..args.len() {
        keys.extend(args.map(index)?.keys());
    }
    Ok(Value::strings(keys))
}

fn values(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.map(0)?.entries().into_iter().map(|(_, value)| value).collect::<Vec<_>>().into())
}

fn pick(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (map, picked) = (args.map(0)?, Map::new());
    for index in 1..args.len() {
        let key = args.text(index)?;
        if let Some(value) = map.get(key.bytes()) {
            picked.insert(key.clone(), value);
        }
    }
    Ok(picked.into())
}

fn omit(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let kept = args.map(0)?.as_type(CollectionType::MAP);
    for index in 1..args.len() {
        kept.remove(args.text(index)?.bytes());
    }
    Ok(kept.into())
}

fn merge(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    merge_all(args, Overwrite::Empty)
}

fn merge_overwrite(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    merge_all(args, Overwrite::Everything)
}

/// What a merge puts a new value in place of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overwrite {
    /// Only what is missing or empty (nil, false, 0, "").
    Empty,
    /// Whatever is there, but maps, which are merged.
    Everything,
}

fn merge_all(args: Args<'_>, overwrite: Overwrite) -> Result<Value, FunctionError> {
    let target = args.map(0)?;
    for index in 1..args.len() {
        merge_into(&target, &args.map(index)?, overwrite, DEEPEST)?;
    }
    Ok(args.any(0)?.clone())
}

/// mergo's rules: maps merge in place, everything else is taken over as it is, so that nested maps are shared.
fn merge_into(target: &Map, source: &Map, overwrite: Overwrite, depth: usize) -> Result<(), FunctionError> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    for (key, value) in source.entries() {
        let present = target.get(key.bytes());
        let nested = present.as_ref().filter(|present| present.is_true()).and_then(Value::as_map);
        match (nested, value.as_map()) {
            (Some(nested), Some(more)) if !nested.is_same(&more) => merge_into(&nested, &more, overwrite, depth)?,
            (Some(_), Some(_)) => {}
            _ if overwrite == Overwrite::Everything => target.insert(key, value),
            _ if matches!(value, Value::Nil) => {}
            _ if present.is_none_or(|present| !present.is_true()) => target.insert(key, value),
            _ => {}
        }
    }
    Ok(())
}

fn deep_copy(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let value = args.any(0)?;
    if matches!(value, Value::Nil) {
        return Err(FunctionError::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    copied(value, DEEPEST)
}

fn copied(value: &Value, depth: usize) -> Result<Value, FunctionError> {
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    Ok(match value {
        Value::Map(map) => {
            let copy = Map::typed(map.kind());
            for (key, value) in map.entries() {
                copy.insert(key, copied(&value, depth)?);
            }
            copy.into()
        }
        Value::List(list) => {
            let items: Result<Vec<_>, _> = list.items().iter().map(|item| copied(item, depth)).collect();
            List::typed(list.kind(), items?).into()
        }
        other => other.clone(),
    })
}

fn too_deep() -> FunctionError {
    FunctionError::Stopped(format!("a dict is nested more than {DEEPEST} levels deep, perhaps in itself"))
}

/// `dig KEY … DEFAULT DICT`.
fn dig(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let [path @ .., default, dict] = args.all() else {
        return Err(FunctionError::new("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(FunctionError::new("dig needs at least three arguments"));
    }
    let mut current = dict.clone();
    for key in path {
        let Value::Map(map) = &current else { return Err(conversion(&current, CollectionType::MAP.name)) };
        if map.kind().name != CollectionType::MAP.name {
            return Err(conversion(&current, CollectionType::MAP.name));
        }
        let key: &Text = key.as_text().ok_or_else(|| conversion(key, "string"))?;
        match map.get(key.bytes()) {
            Some(next) => current = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(current)
}

fn conversion(value: &Value, wanted: &str) -> FunctionError {
    let got = if matches!(value, Value::Nil) { "nil".into() } else { value.type_name() };
    FunctionError::new(format!("interface conversion: interface {{}} is {got}, not {wanted}"))
}

#[cfg(test)]
mod tests {
    use crate::template::collection::Map;
    use crate::template::format::display;
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
        let map = Map::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map.into()
    }

    fn shown(name: &str, args: &[Value]) -> String {
        display(&call_for_test(name, args).unwrap()).to_string()
    }

    #[test]
    fn merging_fills_what_is_empty_and_shares_what_is_nested() {
        let nested = map([("x", 1.into())]);
        let target = map([("a", 0.into()), ("b", 2.into())]);
        let source = map([("a", 1.into()), ("b", 3.into()), ("c", nested.clone()), ("d", Value::Nil)]);
        assert_eq!(shown("merge", &[target.clone(), source.clone()]), "map[a:1 b:2 c:map[x:1]]");
        nested.as_map().unwrap().insert("x", 9);
        assert_eq!(display(&target).to_string(), "map[a:1 b:2 c:map[x:9]]");
        assert_eq!(shown("mergeOverwrite", &[target, source]), "map[a:1 b:3 c:map[x:9] d:<nil>]");
    }

    #[test]
    fn a_deep_copy_shares_nothing() {
        let original = map([("a", vec![1.into()].into())]);
        let copy = call_for_test("deepCopy", std::slice::from_ref(&original)).unwrap();
        copy.as_map().unwrap().insert("b", 1);
        assert_eq!(display(&original).to_string(), "map[a:[1]]");
    }

    #[test]
    fn a_dict_in_itself_is_refused() {
        let cycle = map([]);
        cycle.as_map().unwrap().insert("self", cycle.clone());
        assert!(call_for_test("deepCopy", std::slice::from_ref(&cycle)).is_err());
        cycle.as_map().unwrap().remove("self");
    }

    #[test]
    fn digging() {
        let dict = map([("a", map([("b", 1.into())]))]);
        assert_eq!(shown("dig", &["a".into(), "b".into(), "no".into(), dict.clone()]), "1");
        assert_eq!(shown("dig", &["a".into(), "x".into(), "no".into(), dict.clone()]), "no");
        let error = call_for_test("dig", &["a".into(), "b".into(), "c".into(), "no".into(), dict]).unwrap_err();
        assert_eq!(error, "interface conversion: interface {} is int, not map[string]interface {}");
    }

    #[test]
    fn looking_up() {
        let dict = map([("a", 1.into()), ("b", 2.into())]);
        assert_eq!(shown("pluck", &["a".into(), dict.clone(), map([])]), "[1]");
        assert_eq!(shown("omit", &[dict.clone(), "a".into()]), "map[b:2]");
        assert_eq!(shown("pick", &[dict.clone(), "a".into(), "zz".into()]), "map[a:1]");
        assert_eq!(shown("get", &[dict, "zz".into()]), "");
        assert_eq!(shown("dict", &["a".into(), 1.into(), "b".into()]), "map[a:1 b:]");
    }
}
