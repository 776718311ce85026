//! Sprig's functions on strings.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("upper", &[Param::Text], upper),
    Function::new("trunc", &[Param::Int, Param::Text], trunc),
    Function::new("contains", &[Param::Text, Param::Text], contains),
];

fn upper(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.text(0)?.lossy().to_uppercase().into())
}

/// Cuts to so many bytes, from the end when negative, as Go's slices count.
fn trunc(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = args.text(1)?;
    let (wanted, from_end) = (args.int(0)?.unsigned_abs(), args.int(0)? < 0);
    let Ok(wanted) = usize::try_from(wanted) else {
        return Ok(text.clone().into());
    };
    Ok(match text.len().checked_sub(wanted) {
        Some(start) if from_end => Value::Text(text[start..].into()),
        Some(_) if !from_end => Value::Text(text[..wanted].into()),
        _ => Value::Text(text.clone()),
    })
}

fn contains(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (part, whole) = (args.text(0)?, args.text(1)?);
    Ok((part.is_empty() || whole.windows(part.len()).any(|window| window == part.bytes())).into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn text(name: &str, args: &[Value]) -> String {
        call_for_test(name, args).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn trunc_counts_bytes_from_either_end() {
        let trunc = |length: i64, of: &str| text("trunc", &[length.into(), of.into()]);
        assert_eq!(trunc(3, "abcdef"), "abc");
        assert_eq!(trunc(-3, "abcdef"), "def");
        assert_eq!(trunc(-10, "abc"), "abc");
        assert_eq!(trunc(5, "héé"), "héé");
        assert_eq!(trunc(i64::MIN, "abc"), "abc");
    }

    #[test]
    fn contains_finds_a_part_and_the_empty_one() {
        let contains = |part: &str, whole: &str| call_for_test("contains", &[part.into(), whole.into()]).unwrap();
        assert!(contains("a", "cat").is_true());
        assert!(contains("", "").is_true());
        assert!(!contains("x", "cat").is_true());
    }
}
