//! Base 32 and base 64 as Go's standard encodings have them: line ends are skipped, bits that are left over do not
//! matter, and a complaint names the byte.

const ALPHABET_32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALPHABET_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING: u8 = b'=';

/// The bytes in base 32, padded.
pub(super) fn encode32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut block = [0; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        let digits = (chunk.len() * 8).div_ceil(5);
        let digit = |index: usize| ALPHABET_32[usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or_default()];
        text.extend((0..digits).map(|index| char::from(digit(index))));
        text.extend((digits..8).map(|_| char::from(PADDING)));
    }
    text
}

/// The bytes that a text in base 32 stands for.
pub(super) fn decode32(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| format!("illegal base32 data at input byte {at}");
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_line_end(*byte)).collect();
    let mut out = Bits::new(5);
    for (start, block) in (0..).step_by(8).zip(text.chunks(8)) {
        let digits = block.iter().position(|byte| *byte == PADDING).unwrap_or(block.len());
        if let Some(wrong) = block[..digits].iter().position(|byte| value(ALPHABET_32, *byte).is_none()) {
            return Err(corrupt(start + wrong));
        }
        out.extend(ALPHABET_32, &block[..digits]);
        if digits == 8 {
            continue;
        }
        let rest = text.len() - start;
        check_padding32(&text[start + digits..], digits, rest)
            .map_err(|at| corrupt(at.map_or(text.len(), |at| start + at)))?;
        break;
    }
    Ok(out.whole)
}

/// Where the padding behind so many digits is wrong, counted from the block's begin, or nothing for the end.
fn check_padding32(padding: &[u8], digits: usize, rest: usize) -> Result<(), Option<usize>> {
    if padding.is_empty() {
        return Err(Some(0));
    }
    // A sign of padding is one only among the last eight.
    if digits < 2 || rest - digits > 8 {
        return Err(Some(digits));
    }
    if rest < 8 {
        return Err(None);
    }
    if let Some(wrong) = padding.iter().take(8 - digits).position(|byte| *byte != PADDING) {
        return Err(Some(digits + wrong - 1));
    }
    if matches!(digits, 3 | 6) { Err(Some(digits)) } else { Ok(()) }
}

/// The bytes that a text in base 64 stands for.
pub(super) fn decode64(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| format!("illegal base64 data at input byte {at}");
    let mut input = text.iter().copied().enumerate().filter(|(_, byte)| !is_line_end(*byte));
    let mut out = Bits::new(6);
    loop {
        let mut digits = 0;
        while digits < 4 {
            match input.next() {
                None if digits == 0 => return Ok(out.whole),
                None => return Err(corrupt(text.len() - digits)),
                Some((_, byte)) if value(ALPHABET_64, byte).is_some() => {
                    out.extend(ALPHABET_64, &[byte]);
                    digits += 1;
                }
                Some((at, PADDING)) if digits >= 2 => {
                    check_padding64(&mut input, digits, text.len()).map_err(|wrong| corrupt(wrong.unwrap_or(at)))?;
                    return Ok(out.whole);
                }
                Some((at, _)) => return Err(corrupt(at)),
            }
        }
    }
}

/// Where what follows the first sign of padding is wrong.
fn check_padding64(
    input: &mut impl Iterator<Item = (usize, u8)>,
    digits: usize,
    length: usize,
) -> Result<(), Option<usize>> {
    if digits == 2 {
        match input.next() {
            None => return Err(Some(length)),
            Some((at, byte)) if byte != PADDING => return Err(Some(at - 1)),
            Some(_) => {}
        }
    }
    input.next().map_or(Ok(()), |(at, _)| Err(Some(at)))
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn value(alphabet: &[u8], byte: u8) -> Option<u32> {
    alphabet.iter().position(|digit| *digit == byte).and_then(|value| u32::try_from(value).ok())
}

/// Digits becoming bytes.
struct Bits {
    whole: Vec<u8>,
    width: u32,
    pending: u32,
    count: u32,
}

impl Bits {
    fn new(width: u32) -> Self {
        Self { whole: Vec::new(), width, pending: 0, count: 0 }
    }

    fn extend(&mut self, alphabet: &[u8], digits: &[u8]) {
        for digit in digits.iter().filter_map(|digit| value(alphabet, *digit)) {
            self.pending = (self.pending << self.width | digit) & 0xFFFF;
            self.count += self.width;
            if self.count >= 8 {
                self.count -= 8;
                self.whole.push(self.pending.checked_shr(self.count).unwrap_or(0).to_le_bytes()[0]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::proptest;

    use super::decode32;
    use super::decode64;
    use super::encode32;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            assert_eq!(decode32(encode32(&bytes).as_bytes()), Ok(bytes));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[A-Z2-7=\n!]{0,30}") {
            let _ = (decode32(text.as_bytes()), decode64(text.as_bytes()));
        }
    }
}
