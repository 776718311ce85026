//! DSA keys, which no library of ours makes any more: parameters of 2048 and 256 bits, found as FIPS 186 tells.

use bigdecimal::num_bigint::BigUint;

use crate::template::functions::crypto::keys;
use crate::template::world::World;

const P_BITS: u64 = 2048;
const Q_BITS: u64 = 256;

/// Rounds of the test for primes; each lets a composite number pass with less than one in four.
const ROUNDS: usize = 32;

/// Small primes that most composite numbers are divided by.
const SMALL_PRIMES: std::ops::Range<u32> = 3..2000;

/// A new key as PEM.
pub(super) fn generate(world: &mut dyn World) -> String {
    let one = BigUint::from(1_u8);
    let (modulus, order) = primes(world);
    let generator = generator(&modulus, &order);
    let secret = &random(world, Q_BITS + 64) % (&order - &one) + &one;
    let public = generator.modpow(&secret, &modulus);
    let numbers = [BigUint::default(), modulus, order, generator, public, secret];
    let content = numbers.map(|number| element(0x02, &unsigned(&number))).concat();
    keys::written("DSA PRIVATE KEY", &element(0x30, &content))
}

/// A number whose powers are as many as `order`.
fn generator(modulus: &BigUint, order: &BigUint) -> BigUint {
    let one = BigUint::from(1_u8);
    let cofactor = (modulus - &one) / order;
    let mut base = BigUint::from(2_u8);
    loop {
        let power = base.modpow(&cofactor, modulus);
        if power != one {
            return power;
        }
        base += 1_u8;
    }
}

/// Two primes, of which the second divides the first less one.
fn primes(world: &mut dyn World) -> (BigUint, BigUint) {
    let one = BigUint::from(1_u8);
    loop {
        let mut q = random(world, Q_BITS);
        q.set_bit(0, true);
        q.set_bit(Q_BITS - 1, true);
        if !is_prime(world, &q) {
            continue;
        }
        for _ in 0..4 * P_BITS {
            let mut candidate = random(world, P_BITS);
            candidate.set_bit(P_BITS - 1, true);
            let p = &candidate - &candidate % (&q * 2_u8) + &one;
            if p.bits() == P_BITS && is_prime(world, &p) {
                return (p, q);
            }
        }
    }
}

fn random(world: &mut dyn World, bits: u64) -> BigUint {
    let mut bytes = vec![0; usize::try_from(bits / 8).unwrap_or_default()];
    world.random(&mut bytes);
    BigUint::from_bytes_be(&bytes)
}

/// Miller and Rabin's test.
fn is_prime(world: &mut dyn World, number: &BigUint) -> bool {
    let (one, zero) = (BigUint::from(1_u8), BigUint::default());
    if SMALL_PRIMES.step_by(2).any(|small| number % small == zero) {
        return false;
    }
    let less_one = number - &one;
    let twos = less_one.trailing_zeros().unwrap_or_default();
    let odd = &less_one >> twos;
    (0..ROUNDS).all(|_| {
        let witness = random(world, number.bits() + 64) % (number - 3_u8) + 2_u8;
        let mut power = witness.modpow(&odd, number);
        if power == one || power == less_one {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % number;
            power == less_one
        })
    })
}

/// The bytes of an integer that is not negative.
fn unsigned(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    bytes
}

/// A DER element of that tag.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => out.push(length),
        _ => {
            let length: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
            out.extend(length);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use bigdecimal::num_bigint::BigUint;

    use super::element;
    use super::is_prime;
    use crate::template::world::SeededWorld;

    #[test]
    fn primes_are_told_from_the_rest() {
        let mut world = SeededWorld::default();
        let mersenne = (BigUint::from(1_u8) << 521_u32) - 1_u8;
        assert!(is_prime(&mut world, &mersenne));
        assert!(!is_prime(&mut world, &(&mersenne * &mersenne)));
        assert!(!is_prime(&mut world, &(mersenne - 2_u8)));
    }

    #[test]
    fn lengths_of_elements() {
        assert_eq!(element(2, &[1]), [2, 1, 1]);
        assert_eq!(element(2, &[0; 200])[..3], [2, 0x81, 200]);
        assert_eq!(element(2, &[0; 300])[..4], [2, 0x82, 1, 44]);
    }
}
