//! Sprig's arithmetic on floats, done in decimal so that 0.1 and 0.2 make 0.3.

use bigdecimal::BigDecimal;
use bigdecimal::Zero;
use bigdecimal::num_bigint::BigInt;
use bigdecimal::num_bigint::Sign;

use crate::template::context::Context;
use crate::template::format;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::to_float64;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("add1f", &[Param::Any], add1f),
    Function::variadic("addf", &[], Param::Any, addf),
    Function::variadic("subf", &[Param::Any], Param::Any, subf),
    Function::variadic("mulf", &[Param::Any], Param::Any, mulf),
    Function::variadic("divf", &[Param::Any], Param::Any, divf),
];

/// Digits behind the point that a division keeps.
const QUOTIENT_DIGITS: i64 = 16;

type Operation = fn(BigDecimal, BigDecimal) -> Result<BigDecimal, FunctionError>;

fn add1f(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    folded(decimal(args.any(0)?)?, &[1.into()], |left, right| Ok(left + right))
}

fn addf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    folded(BigDecimal::zero(), args.all(), |left, right| Ok(left + right))
}

fn subf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    folded(decimal(args.any(0)?)?, args.from(1), |left, right| Ok(left - right))
}

fn mulf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    folded(decimal(args.any(0)?)?, args.from(1), |left, right| Ok(left * right))
}

fn divf(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    folded(decimal(args.any(0)?)?, args.from(1), quotient)
}

fn folded(first: BigDecimal, others: &[Value], operation: Operation) -> Result<Value, FunctionError> {
    let mut result = first;
    for other in others {
        result = operation(result, decimal(other)?)?;
    }
    let (digits, scale) = result.into_bigint_and_exponent();
    Ok(format!("{digits}e{}", -scale).parse::<f64>().unwrap_or_default().into())
}

/// The shortest decimal that reads as the same float.
fn decimal(value: &Value) -> Result<BigDecimal, FunctionError> {
    let float = to_float64(value);
    let text = format!("{float:e}");
    text.parse().map_err(|_| FunctionError::new(format!("Cannot create a Decimal from {}", format::float(float))))
}

/// The quotient with so many digits behind the point, halves away from zero.
fn quotient(left: BigDecimal, right: BigDecimal) -> Result<BigDecimal, FunctionError> {
    if right.is_zero() {
        return Err(FunctionError::new("decimal division by 0"));
    }
    let (left, left_scale) = left.into_bigint_and_exponent();
    let (right, right_scale) = right.into_bigint_and_exponent();
    let shift = QUOTIENT_DIGITS - left_scale + right_scale;
    let power = BigInt::from(10).pow(u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX));
    let (over, under) = if shift < 0 { (left, right * power) } else { (left * power, right) };
    Ok(BigDecimal::new(rounded(&over, &under), QUOTIENT_DIGITS))
}

fn rounded(over: &BigInt, under: &BigInt) -> BigInt {
    let (whole, rest) = (over / under, over % under);
    if rest.magnitude() * 2_u32 < *under.magnitude() {
        return whole;
    }
    let away = if (over.sign() == Sign::Minus) == (under.sign() == Sign::Minus) { 1 } else { -1 };
    whole + away
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
    fn decimals_add_up() {
        assert_eq!(shown("addf", &[0.1.into(), 0.2.into()]), "0.3");
        assert_eq!(shown("divf", &[10.into(), 3.into()]), "3.3333333333333335");
        assert_eq!(shown("divf", &[(-2).into(), 3e300.into()]), "0");
        assert_eq!(shown("mulf", &[1e300.into(), 1e300.into()]), "+Inf");
        assert_eq!(call_for_test("divf", &[1.into(), 0.into()]).unwrap_err(), "decimal division by 0");
        assert_eq!(call_for_test("add1f", &[f64::NAN.into()]).unwrap_err(), "Cannot create a Decimal from NaN");
    }
}
