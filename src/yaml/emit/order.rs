//! The order of keys: go-yaml's natural sort.

use std::sync::LazyLock;

use regex::Regex;

use crate::yaml::emit::Dialect;

/// The keys in the order in which they are printed.
pub(crate) fn sorted(keys: Vec<&String>, dialect: Dialect) -> Vec<&String> {
    if keys.len() < 2 {
        return keys;
    }
    // A merge sort of our own: Go's order is none in the strict sense, and the standard sort may panic on such.
    let mut left = keys;
    let right = left.split_off(left.len() / 2);
    merged(sorted(left, dialect), sorted(right, dialect), dialect)
}

fn merged<'k>(left: Vec<&'k String>, right: Vec<&'k String>, dialect: Dialect) -> Vec<&'k String> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let next = if less(other, one, dialect) { right.next() } else { left.next() };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    out
}

fn less(one: &str, other: &str, dialect: Dialect) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(left, right)| left != right) else {
        return one.len() < other.len();
    };
    match (is_letter(one[at]), is_letter(other[at])) {
        (true, true) => one[at] < other[at],
        (false, false) => less_by_number(&one, &other, at),
        // The pretty emitter puts letters first where digits stand in front.
        (left, _) if dialect == Dialect::Pretty && at > 0 && is_digit(one[at - 1]) => left,
        (_, right) => right,
    }
}

fn less_by_number(one: &[char], other: &[char], at: usize) -> bool {
    let after_digits = one[..at].iter().rev().take_while(|digit| is_digit(**digit)).any(|digit| *digit != '0');
    let start = i64::from((one[at] == '0' || other[at] == '0') && after_digits);
    let (left, left_end) = number(one, at, start);
    let (right, right_end) = number(other, at, start);
    if left != right {
        left < right
    } else if left_end != right_end {
        left_end < right_end
    } else {
        one[at] < other[at]
    }
}

/// The number whose digits begin at `at`, and where they end. It wraps as Go's does.
fn number(text: &[char], at: usize, start: i64) -> (i64, usize) {
    let digits = text[at..].iter().take_while(|digit| is_digit(**digit));
    let (value, count) = digits.fold((start, 0), |(value, count), digit| {
        let digit = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
        (value.wrapping_mul(10).wrapping_add(digit), count + 1)
    });
    (value, at + count)
}

fn is_letter(character: char) -> bool {
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}$").ok());
    if character.is_ascii() { character.is_ascii_alphabetic() } else { matches(&LETTER, character) }
}

fn is_digit(character: char) -> bool {
    static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());
    if character.is_ascii() { character.is_ascii_digit() } else { matches(&DIGIT, character) }
}

fn matches(class: &LazyLock<Option<Regex>>, character: char) -> bool {
    class.as_ref().is_some_and(|class| class.is_match(character.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[&str], dialect: Dialect) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        sorted(keys.iter().collect(), dialect).into_iter().cloned().collect()
    }

    #[test]
    fn numbers_count_and_letters_come_last() {
        let keys = ["z10", "z9", "Z", "a.b", "1", "10", "2", "_x", "a-b", "a b", "aB", "ab", "é"];
        let expected = ["_x", "1", "2", "10", "Z", "a b", "a-b", "a.b", "aB", "ab", "z9", "z10", "é"];
        assert_eq!(order(&keys, Dialect::Compact), expected);
    }

    #[test]
    fn zeros_count_in_front() {
        assert_eq!(order(&["a01", "a1", "a0", "a"], Dialect::Compact), ["a", "a0", "a1", "a01"]);
        assert_eq!(order(&["1a", "1-"], Dialect::Compact), ["1-", "1a"]);
        assert_eq!(order(&["1a", "1-"], Dialect::Pretty), ["1a", "1-"]);
    }
}
