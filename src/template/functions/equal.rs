//! Go's `reflect.DeepEqual`.

use crate::template::value::Value;

/// Deepest nesting that is compared; what is nested deeper counts as different.
const DEEPEST: usize = 1000;

/// Whether both are of the same type and hold the same, all the way down.
pub(in crate::template) fn deep_equal(left: &Value, right: &Value) -> bool {
    equal(left, right, DEEPEST)
}

fn equal(left: &Value, right: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if left.type_name() != right.type_name() {
        return false;
    }
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, _), Value::Int(b, _)) => a == b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a == b,
        (Value::Float(a), Value::Float(b)) => is_same(*a, *b),
        (Value::Complex(a, b), Value::Complex(c, d)) => is_same(*a, *c) && is_same(*b, *d),
        (Value::Text(a), Value::Text(b)) | (Value::Bytes(a), Value::Bytes(b)) => a == b,
        _ => same_items(left, right, depth),
    }
}

#[expect(clippy::float_cmp, reason = "Go's equality of floats")]
fn is_same(left: f64, right: f64) -> bool {
    left == right
}

fn same_items(left: &Value, right: &Value, depth: usize) -> bool {
    if let (Some(left), Some(right)) = (left.as_list(), right.as_list()) {
        let (left, right) = (left.items(), right.items());
        return left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| equal(a, b, depth));
    }
    if let (Some(left), Some(right)) = (left.as_map(), right.as_map()) {
        let (left, right) = (left.entries(), right.entries());
        let same = |((a, x), (b, y)): (&(_, Value), &(_, Value))| a == b && equal(x, y, depth);
        return left.len() == right.len() && left.iter().zip(&right).all(same);
    }
    crate::template::format::display(left) == crate::template::format::display(right)
}

#[cfg(test)]
mod tests {
    use super::deep_equal;
    use crate::template::value::Value;

    #[test]
    fn types_count() {
        assert!(!deep_equal(&1.into(), &Value::int64(1)));
        assert!(!deep_equal(&1.into(), &1.0.into()));
        assert!(deep_equal(&vec![1.into(), Value::Nil].into(), &vec![1.into(), Value::Nil].into()));
        assert!(!deep_equal(&Value::strings(["a"]), &vec!["a".into()].into()));
    }
}
