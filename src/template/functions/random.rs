//! Sprig's random texts and numbers. All randomness is the world's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::letters;
use crate::template::value::Value;
use crate::template::world::World;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("randAlphaNum", &[Param::Int], alphanumeric),
    Function::new("randAlpha", &[Param::Int], alphabetic),
    Function::new("randNumeric", &[Param::Int], numeric),
    Function::new("randAscii", &[Param::Int], ascii),
    Function::new("randBytes", &[Param::Int], bytes),
    Function::new("randInt", &[Param::Int, Param::Int], int),
    Function::new("shuffle", &[Param::Text], shuffle),
    Function::new("uuidv4", &[], uuid),
];

/// The longest random text; beyond it the template is endless rather than random.
const LONGEST: usize = 64 << 20;

/// A number below `bound`, each as likely as any other; 0 where nothing is below it.
pub(super) fn below(world: &mut dyn World, bound: u64) -> u64 {
    // What is at or above the greatest multiple of `bound` would make the low numbers likelier.
    let uneven = if bound == 0 { return 0 } else { (u64::MAX % bound + 1) % bound };
    loop {
        let mut bytes = [0; 8];
        world.random(&mut bytes);
        let drawn = u64::from_le_bytes(bytes);
        if drawn <= u64::MAX - uneven {
            return drawn % bound;
        }
    }
}

fn drawn_from(context: &mut Context<'_>, args: Args<'_>, alphabet: &[u8]) -> Result<Value, FunctionError> {
    let Ok(length) = usize::try_from(args.int(0)?) else { return Ok("".into()) };
    let mut text = Vec::with_capacity(within_limit(length)?);
    // The greatest multiple of the alphabet's size that a byte can be below.
    let even = 256 / alphabet.len() * alphabet.len();
    let mut pool = [0; 64];
    while text.len() < length {
        context.world.random(&mut pool);
        let usable = pool.iter().map(|byte| usize::from(*byte)).filter(|drawn| *drawn < even);
        text.extend(usable.map(|drawn| alphabet[drawn % alphabet.len()]).take(length - text.len()));
    }
    Ok(Value::Text(text.into()))
}

fn within_limit(length: usize) -> Result<usize, FunctionError> {
    if length > LONGEST {
        return Err(FunctionError::Stopped(format!("a random text of more than {LONGEST} bytes")));
    }
    Ok(length)
}

fn alphanumeric(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    drawn_from(context, args, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
}

fn alphabetic(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    drawn_from(context, args, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

fn numeric(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    drawn_from(context, args, b"0123456789")
}

fn ascii(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let printable: Vec<u8> = (b' '..=b'~').collect();
    drawn_from(context, args, &printable)
}

/// So many random bytes, in base64.
fn bytes(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let length =
        usize::try_from(args.int(0)?).map_err(|_| FunctionError::new("runtime error: makeslice: len out of range"))?;
    let mut bytes = vec![0; within_limit(length)?];
    context.world.random(&mut bytes);
    Ok(STANDARD.encode(bytes).into())
}

/// A number from the first argument to below the second.
fn int(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (least, bound) = (args.int(0)?, args.int(1)?);
    let wide = bound.checked_sub(least).and_then(|width| u64::try_from(width).ok()).filter(|width| *width > 0);
    let width = wide.ok_or_else(|| FunctionError::new("invalid argument to Intn"))?;
    Ok(least.saturating_add_unsigned(below(context.world, width)).into())
}

fn shuffle(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut runes: Vec<char> = letters::runes(args.text(0)?).collect();
    for unplaced in (2..=runes.len()).rev() {
        let chosen = below(context.world, unplaced as u64);
        runes.swap(unplaced - 1, usize::try_from(chosen).unwrap_or_default());
    }
    Ok(runes.into_iter().collect::<String>().into())
}

fn uuid(context: &mut Context<'_>, _: Args<'_>) -> Result<Value, FunctionError> {
    let mut bytes = [0; 16];
    context.world.random(&mut bytes);
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string().into())
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn text(name: &str, args: &[Value]) -> String {
        call_for_test(name, args).unwrap().as_text().unwrap().to_string()
    }

    proptest! {
        #[test]
        fn random_texts_are_as_long_as_asked_and_of_their_alphabet(length in 0_usize..300) {
            let of = |name: &str, belongs: fn(&u8) -> bool| {
                let text = text(name, &[length.into()]);
                assert!(text.len() == length && text.bytes().all(|byte| belongs(&byte)), "{name}: {text:?}");
            };
            of("randAlphaNum", u8::is_ascii_alphanumeric);
            of("randAlpha", u8::is_ascii_alphabetic);
            of("randNumeric", u8::is_ascii_digit);
            of("randAscii", |byte| (32..127).contains(byte));
        }

        #[test]
        fn random_numbers_are_within_their_bounds(least in -1000_i64..1000, width in 1_i64..1000) {
            let number = call_for_test("randInt", &[least.into(), (least + width).into()]).unwrap().as_int().unwrap();
            assert!((least..least + width).contains(&number));
        }

        #[test]
        fn shuffling_only_changes_the_order(of in ".{0,40}") {
            let sorted = |text: &str| { let mut runes: Vec<_> = text.chars().collect(); runes.sort_unstable(); runes };
            assert_eq!(sorted(&text("shuffle", &[of.as_str().into()])), sorted(&of));
        }
    }

    #[test]
    fn bounds_that_hold_nothing_are_refused() {
        assert_eq!(call_for_test("randInt", &[2.into(), 2.into()]).unwrap_err(), "invalid argument to Intn");
        assert!(call_for_test("randInt", &[i64::MIN.into(), i64::MAX.into()]).is_err());
        assert_eq!(text("randAlpha", &[(-1).into()]), "");
        assert!(call_for_test("randBytes", &[(-1).into()]).is_err());
        assert!(call_for_test("randAlpha", &[i64::MAX.into()]).is_err());
    }

    #[test]
    fn a_uuid_says_that_it_is_random() {
        let uuid = text("uuidv4", &[]);
        assert!(uuid.len() == 36 && uuid.as_bytes()[14] == b'4' && b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    }
}
