//! Check digits of the numbers that have them.

/// Digits of a text, whatever stands between them.
fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|character| character.to_digit(10)).collect()
}

/// Letters and digits of a text, in capitals.
fn plain(text: &str) -> Vec<u8> {
    let kept = text.bytes().filter(u8::is_ascii_alphanumeric);
    kept.map(|byte| byte.to_ascii_uppercase()).collect()
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn number(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

/// Anything that fits the pattern.
pub(super) const fn any(_: &str) -> bool {
    true
}

/// ISO/IEC 7812-1, annex B.
fn luhn_digits(digits: &[u32]) -> bool {
    let each = digits.iter().rev().enumerate().map(|(index, digit)| match index % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    });
    digits.len() > 1 && each.sum::<u32>() % 10 == 0
}

pub(super) fn luhn(text: &str) -> bool {
    luhn_digits(&digits(text))
}

/// ISO 13616: the first four characters go to the end, letters become 10 to 35, modulo 97.
pub(super) fn iban(text: &str) -> bool {
    let text = plain(text);
    if text.len() < 15 || text.len() > 34 {
        return false;
    }
    let turned = text[4..].iter().chain(&text[..4]);
    let rest = turned.fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

/// National Provider Identifier: Luhn over the number behind 80840.
pub(super) fn npi(text: &str) -> bool {
    let mut all = vec![8, 0, 8, 4, 0];
    all.extend(digits(text));
    luhn_digits(&all)
}

/// Drug Enforcement Agency: sums of the odd and, twice, of the even places.
pub(super) fn dea(text: &str) -> bool {
    let [a, b, c, d, e, f, check] = digits(text)[..] else { return false };
    (a + c + e + 2 * (b + d + f)) % 10 == check
}

/// NHS number: modulo 11 with falling weights.
pub(super) fn nhs(text: &str) -> bool {
    let digits = digits(text);
    let [first @ .., check] = digits.as_slice() else { return false };
    let rest = 11 - weighted(first, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    first.len() == 9 && rest % 11 == *check
}

/// CPF: two digits modulo 11.
pub(super) fn cpf(text: &str) -> bool {
    let digits = digits(text);
    let check = |count: u32| {
        let weights: Vec<u32> = (2..=count + 1).rev().collect();
        weighted(&digits, &weights) * 10 % 11 % 10
    };
    digits.len() == 11
        && digits.iter().any(|digit| *digit != digits[0])
        && check(9) == digits[9]
        && check(10) == digits[10]
}

/// CNPJ: two digits modulo 11.
pub(super) fn cnpj(text: &str) -> bool {
    const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    let digits = digits(text);
    let check = |count: usize| match weighted(&digits[..count], &WEIGHTS[13 - count..]) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    digits.len() == 14 && check(12) == digits[12] && check(13) == digits[13]
}

/// DNI, NIF and NIE: the number modulo 23 chooses the letter.
pub(super) fn spanish(text: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let text = plain(text);
    let [first, .., letter] = text.as_slice() else { return false };
    let leading = match first {
        b'X' | b'Y' | b'Z' => Some(u64::from(first - b'X')),
        // Spaniards without a DNI; the seven digits count.
        b'K' | b'L' | b'M' => Some(0),
        _ => None,
    };
    let middle = if leading.is_some() { &text[1..text.len() - 1] } else { &text[..text.len() - 1] };
    let digits: Vec<u32> =
        middle.iter().filter_map(|byte| char::from(*byte).to_digit(10)).collect();
    let seven = leading.unwrap_or(0) * 10_000_000 + number(&digits);
    let wanted = if leading.is_some() { 7 } else { 8 };
    digits.len() == wanted && LETTERS[(seven % 23) as usize] == *letter
}

/// CIF of Spanish companies: a digit or a letter of A to J.
pub(super) fn cif(text: &str) -> bool {
    let text = plain(text);
    let digits = digits(std::str::from_utf8(text.get(1..8).unwrap_or_default()).unwrap_or(""));
    if digits.len() != 7 || text.len() != 9 {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => *digit,
        })
        .sum();
    let check = (10 - sum % 10) % 10;
    let letter = b"JABCDEFGHI"[check as usize];
    text[8] == letter || char::from(text[8]).to_digit(10) == Some(check)
}

/// Codice fiscale: a letter modulo 26, with a table for the odd places.
pub(super) fn codice_fiscale(text: &str) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let text = plain(text);
    let [first @ .., check] = text.as_slice() else { return false };
    let value = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte - b'A',
    };
    let each = first.iter().enumerate().map(|(index, byte)| match index % 2 {
        0 => ODD[usize::from(value(*byte))],
        _ => u32::from(value(*byte)),
    });
    text.len() == 16
        && check.is_ascii_uppercase()
        && each.sum::<u32>() % 26 == u32::from(check - b'A')
}

/// NIR (INSEE): 97 minus the number modulo 97; Corsica's letters stand for 19 and 18.
pub(super) fn insee(text: &str) -> bool {
    let text = String::from_utf8(plain(text)).unwrap_or_default();
    let digits = digits(&text.replacen("2A", "19", 1).replacen("2B", "18", 1));
    let Some((first, check)) = digits.split_at_checked(13) else { return false };
    check.len() == 2 && 97 - number(first) % 97 == number(check)
}

/// Número de la seguridad social: province and number modulo 97.
pub(super) fn spanish_social(text: &str) -> bool {
    let digits = digits(text);
    if digits.len() != 12 {
        return false;
    }
    let (province, rest) = (number(&digits[..2]), number(&digits[2..10]));
    let whole = if rest < 10_000_000 {
        province * 10_000_000 + rest
    } else {
        province * 100_000_000 + rest
    };
    whole % 97 == number(&digits[10..])
}

/// Social Security number of the USA: ranges that were never given out are none.
pub(super) fn ssn(text: &str) -> bool {
    let digits = digits(text);
    if digits.len() != 9 {
        return false;
    }
    let (area, group, serial) = (number(&digits[..3]), number(&digits[3..5]), number(&digits[5..]));
    !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0
}

/// Steueridentifikationsnummer: ISO/IEC 7064, modulo 11, 10.
pub(super) fn german_tax(text: &str) -> bool {
    let digits = digits(text);
    let [first @ .., check] = digits.as_slice() else { return false };
    let product = first.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        sum * 2 % 11
    });
    first.len() == 10 && first[0] != 0 && (11 - product) % 10 == *check
}

/// Numéro fiscal: the first ten digits modulo 511.
pub(super) fn french_tax(text: &str) -> bool {
    let digits = digits(text);
    digits.len() == 13 && number(&digits[..10]) % 511 == number(&digits[10..])
}

/// Unique Taxpayer Reference: the first digit follows from the other nine.
pub(super) fn utr(text: &str) -> bool {
    let digits = digits(text);
    let [check, rest @ ..] = digits.as_slice() else { return false };
    const CHECKS: [u32; 11] = [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    let sum = weighted(rest, &[6, 7, 8, 9, 10, 5, 4, 3, 2]);
    rest.len() == 9 && CHECKS[(sum % 11) as usize] == *check
}

/// German identity card and passport: weights 7, 3, 1, modulo 10, if the check digit is there.
pub(super) fn german_card(text: &str) -> bool {
    let text = plain(text);
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte - b'A') + 10,
    };
    let Some((first, check)) = text.split_at_checked(9) else { return false };
    let weights = [7, 3, 1].iter().cycle();
    let sum: u32 = first.iter().zip(weights).map(|(byte, weight)| value(*byte) * weight).sum();
    let right = check.first().is_none_or(|check| sum % 10 == value(*check));
    right && first.iter().any(u8::is_ascii_digit)
}

/// Vehicle identification number: the check digit is compulsory in North America (1 to 5).
pub(super) fn vin(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let text = plain(text);
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'H' => u32::from(byte - b'A') + 1,
        b'J'..=b'R' => u32::from(byte - b'J') + 1,
        _ => u32::from(byte - b'S') + 2,
    };
    if text.len() != 17
        || !text.iter().any(u8::is_ascii_digit)
        || !text.iter().any(u8::is_ascii_uppercase)
    {
        return false;
    }
    if !matches!(text[0], b'1'..=b'5') {
        return true;
    }
    let sum: u32 = text.iter().zip(WEIGHTS).map(|(byte, weight)| value(*byte) * weight).sum();
    match sum % 11 {
        10 => text[8] == b'X',
        rest => u32::from(text[8]) == rest + u32::from(b'0'),
    }
}

/// 40 characters of base64 that look drawn at random.
pub(super) fn aws_secret(text: &str) -> bool {
    text.len() == 40
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// An address of either version.
pub(super) fn address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok() && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Latitude and longitude within their ranges.
pub(super) fn coordinates(text: &str) -> bool {
    let Some((latitude, longitude)) = text.split_once(',') else { return false };
    let within =
        |text: &str, most: f64| text.trim().parse::<f64>().is_ok_and(|at| at.abs() <= most);
    within(latitude, 90.0) && within(longitude, 180.0)
}

/// At least four digits, as licences have.
pub(super) fn few_digits(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_are_right_and_their_neighbours_wrong() {
        type Check = fn(&str) -> bool;
        let table: &[(Check, &[&str])] = &[
            (luhn, &["4539894458086459", "046 454 286", "79927398713"]),
            (
                iban,
                &[
                    "GB82WEST12345698765432",
                    "DE89 3704 0044 0532 0130 00",
                    "FR1420041010050500013M02606",
                    "ES9121000418450200051332",
                    "IT60X0542811101000000123456",
                ],
            ),
            (npi, &["1234567893"]),
            (dea, &["AB1234563"]),
            (nhs, &["943 476 5919"]),
            (cpf, &["111.444.777-35"]),
            (cnpj, &["11.222.333/0001-81"]),
            (spanish, &["12345678Z", "X1234567L"]),
            (cif, &["A58818501"]),
            (codice_fiscale, &["RSSMRA85T10A562S"]),
            (german_tax, &["86095742719", "65929970489"]),
            (french_tax, &["30 23 217 600 053"]),
            (vin, &["1M8GDM9AXKP042788"]),
        ];
        for (check, numbers) in table {
            for right in *numbers {
                assert!(check(right), "{right}");
                for (at, digit) in right.char_indices().filter(|(_, one)| one.is_ascii_digit()) {
                    let mut wrong = (*right).to_owned();
                    let other = (digit.to_digit(10).unwrap() + 1) % 10;
                    wrong.replace_range(at..=at, &other.to_string());
                    assert!(!check(&wrong), "{wrong} of {right}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_too_short_or_too_odd() {
        let all: [fn(&str) -> bool; 20] = [
            luhn,
            iban,
            npi,
            dea,
            nhs,
            cpf,
            cnpj,
            spanish,
            cif,
            codice_fiscale,
            insee,
            spanish_social,
            ssn,
            german_tax,
            french_tax,
            utr,
            german_card,
            vin,
            address,
            coordinates,
        ];
        for check in all {
            for text in ["", "1", "A", "é", "!!!!!!!!!!!!!!!!", "X", "1,", "ÄÖÜ1234567890123456"]
            {
                let _ = check(text);
            }
        }
        assert!(!ssn("000-12-3456") && !ssn("900-12-3456") && ssn("123-45-6789"));
        // Its table of check digits is not free of repetitions.
        assert!(utr("1955839661") && !utr("2955839661"));
        assert!(insee("2 55 08 14 168 025 38") && !insee("2 55 08 14 168 025 39"));
    }
}
