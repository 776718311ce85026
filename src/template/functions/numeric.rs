//! Sprig's arithmetic.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::cast;
use crate::template::functions::to_float64;
use crate::template::functions::to_int64;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("atoi", &[Param::Text], atoi),
    Function::new("int", &[Param::Any], int),
    Function::new("int64", &[Param::Any], int64),
    Function::new("float64", &[Param::Any], float64),
    Function::new("toDecimal", &[Param::Any], to_decimal),
    Function::new("add1", &[Param::Any], add1),
    Function::variadic("add", &[], Param::Any, add),
    Function::new("sub", &[Param::Any, Param::Any], sub),
    Function::new("div", &[Param::Any, Param::Any], div),
    Function::new("mod", &[Param::Any, Param::Any], modulo),
    Function::variadic("mul", &[Param::Any], Param::Any, mul),
    Function::variadic("max", &[Param::Any], Param::Any, max),
    Function::variadic("biggest", &[Param::Any], Param::Any, max),
    Function::variadic("min", &[Param::Any], Param::Any, min),
    Function::variadic("maxf", &[Param::Any], Param::Any, maxf),
    Function::variadic("minf", &[Param::Any], Param::Any, minf),
    Function::new("ceil", &[Param::Any], ceil),
    Function::new("floor", &[Param::Any], floor),
    Function::variadic("round", &[Param::Any, Param::Int], Param::Float, round),
    Function::variadic("seq", &[], Param::Int, seq),
];

fn whole(args: Args<'_>, index: usize) -> Result<i64, FunctionError> {
    Ok(to_int64(args.any(index)?))
}

/// Decimal digits only; 0 for anything else, and the nearest number for what does not fit.
fn atoi(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(cast::atoi(args.text(0)?).into())
}

fn int(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(whole(args, 0)?.into())
}

fn int64(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(whole(args, 0)?))
}

fn float64(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(to_float64(args.any(0)?).into())
}

/// Reads what it prints as octal digits.
fn to_decimal(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = crate::template::format::display(args.any(0)?);
    Ok(Value::int64(i64::from_str_radix(&text.lossy(), 8).unwrap_or(0)))
}

fn add1(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(whole(args, 0)?.wrapping_add(1)))
}

fn add(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(args.all().iter().map(to_int64).fold(0, i64::wrapping_add)))
}

fn sub(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(whole(args, 0)?.wrapping_sub(whole(args, 1)?)))
}

fn div(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(whole(args, 0)?.wrapping_div(divisor(args)?)))
}

fn modulo(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(whole(args, 0)?.wrapping_rem(divisor(args)?)))
}

fn divisor(args: Args<'_>) -> Result<i64, FunctionError> {
    match whole(args, 1)? {
        0 => Err(FunctionError::new("runtime error: integer divide by zero")),
        number => Ok(number),
    }
}

fn mul(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(args.all().iter().map(to_int64).fold(1, i64::wrapping_mul)))
}

fn max(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(args.all().iter().map(to_int64).max().unwrap_or(0)))
}

fn min(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::int64(args.all().iter().map(to_int64).min().unwrap_or(0)))
}

fn maxf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(extreme(args, f64::max).into())
}

fn minf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(extreme(args, f64::min).into())
}

/// Go's functions answer what is no number with what is no number.
fn extreme(args: Args<'_>, choose: fn(f64, f64) -> f64) -> f64 {
    let chosen = |left: f64, right: f64| if left.is_nan() || right.is_nan() { f64::NAN } else { choose(left, right) };
    args.all().iter().map(to_float64).reduce(chosen).unwrap_or(0.0)
}

fn ceil(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(to_float64(args.any(0)?).ceil().into())
}

fn floor(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(to_float64(args.any(0)?).floor().into())
}

/// Rounds up from a half, or from the third argument. Sprig compares a negative rest with it too, so that negative
/// numbers always go down.
fn round(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let value = to_float64(args.any(0)?);
    let places = i32::try_from(args.int(1)?).unwrap_or(i32::MAX);
    let up_from = if args.len() > 2 { args.float(2)? } else { 0.5 };
    let power = 10_f64.powi(places);
    let digit = power * value;
    let rounded = if digit.fract() >= up_from { digit.ceil() } else { digit.floor() };
    Ok((rounded / power).into())
}

/// The numbers of the shell's `seq`, parted by spaces.
fn seq(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let number = |index: usize| args.int(index);
    let (start, step, end) = match args.len() {
        1 => (1, None, number(0)?),
        2 => (number(0)?, None, number(1)?),
        3 => (number(0)?, Some(number(1)?), number(2)?),
        _ => return Ok("".into()),
    };
    let toward_end = if end < start { -1 } else { 1 };
    if end < start && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let numbers = steps(start, end.saturating_add(toward_end), step.unwrap_or(toward_end))?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(texts.join(" ").into())
}

/// The numbers from `start` to before `bound`.
fn steps(start: i64, bound: i64, step: i64) -> Result<Vec<i64>, FunctionError> {
    const MOST: usize = 10_000_000;
    let mut numbers = Vec::new();
    let mut next = Some(start).filter(|_| step != 0 && (bound < start) == (step < 0));
    while let Some(number) = next.filter(|number| if step < 0 { *number > bound } else { *number < bound }) {
        if numbers.len() == MOST {
            return Err(FunctionError::new(format!("seq gives more than {MOST} numbers")));
        }
        numbers.push(number);
        next = number.checked_add(step);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use crate::template::format::display;
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn shown(name: &str, args: &[Value]) -> String {
        display(&call_for_test(name, args).unwrap()).to_string()
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(shown("add", &[1.into(), 2.7.into(), "3".into()]), "6");
        assert_eq!(shown("div", &[7.into(), 2.into()]), "3");
        assert_eq!(shown("mod", &[(-7).into(), 2.into()]), "-1");
        assert_eq!(call_for_test("div", &[1.into(), 0.into()]).unwrap_err(), "runtime error: integer divide by zero");
        assert_eq!(call_for_test("add", &[1.into()]).unwrap().type_name(), "int64");
        assert_eq!(shown("toDecimal", &["0777".into()]), "511");
    }

    #[test]
    fn rounding_is_sprigs() {
        assert_eq!(shown("round", &[123.5555.into(), 3.into()]), "123.556");
        assert_eq!(shown("round", &[(-2.5).into(), 0.into()]), "-3");
        assert_eq!(shown("round", &[123.5555.into(), 3.into(), 0.6.into()]), "123.555");
    }

    #[test]
    fn sequences() {
        assert_eq!(shown("seq", &[5.into()]), "1 2 3 4 5");
        assert_eq!(shown("seq", &[(-1).into()]), "1 0 -1");
        assert_eq!(shown("seq", &[0.into(), 2.into(), 5.into()]), "0 2 4");
        assert_eq!(shown("seq", &[0.into(), (-2).into(), 5.into()]), "");
    }
}
