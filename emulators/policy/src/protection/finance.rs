//! Keywords and rules for accounts and cards; developer guide of SNS, "sensitive data types:
//! financial".

use super::checks::luhn;

pub(super) const IBAN: &[&str] = &[
    "account code",
    "account number",
    "accountno#",
    "accountnumber#",
    "bban",
    "customer account id",
    "customer account number",
    "customer bank account id",
    "iban",
];
pub(super) const BANK_DE: &[&str] =
    &["bankleitzahl", "geheimzahl", "kartennummer", "kontonummer", "kreditkartennummer", "sepa"];
pub(super) const BANK_ES: &[&str] = &[
    "código cuenta",
    "código cuenta bancaria",
    "cuenta cliente id",
    "número cuenta bancaria cliente",
    "número cuenta cliente",
];
pub(super) const BANK_FR: &[&str] = &["code bancaire", "compte bancaire", "numéro de compte"];
pub(super) const BANK_GB: &[&str] = &["sepa"];
pub(super) const BANK_IT: &[&str] = &["codice bancario", "conto bancario", "numero di conto"];
pub(super) const BANK_US: &[&str] = &[
    "bank account",
    "bank acct",
    "checking account",
    "checking acct",
    "deposit account",
    "deposit acct",
    "savings account",
    "savings acct",
    "chequing account",
    "chequing acct",
];
pub(super) const EXPIRY: &[&str] = &["exp d", "exp m", "exp y", "expiration", "expiry"];
pub(super) const STRIPE: &[&str] = &["card data", "iso7813", "mag", "magstripe", "stripe", "swipe"];
pub(super) const CARD: &[&str] = &[
    "account number",
    "american express",
    "amex",
    "bank card",
    "card",
    "card num",
    "card number",
    "cc #",
    "ccn",
    "check card",
    "credit",
    "credit card#",
    "dankort",
    "debit",
    "debit card",
    "diners club",
    "discover",
    "electron",
    "elo verification code",
    "japanese card bureau",
    "jcb",
    "mastercard",
    "mc",
    "pan",
    "payment account number",
    "payment card number",
    "pcn",
    "union pay",
    "visa",
];
pub(super) const SECURITY_CODE: &[&str] = &[
    "card id",
    "card identification code",
    "card identification number",
    "card security code",
    "card validation code",
    "card validation number",
    "card verification data",
    "card verification value",
    "cvc",
    "cvc2",
    "cvv",
    "cvv2",
    "elo verification code",
];

/// 13 to 19 digits in a row, or in the groups that are printed on cards.
pub(super) const CARD_PATTERN: &str = "[0-9]{13,19}|(?:[0-9]{4}[ -]){3}[0-9]{1,7}|\
    [0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}";

/// Prefixes that the networks gave out, as ranges of the first six digits.
const PREFIXES: [(u32, u32); 14] = [
    (222_100, 272_099),
    (300_000, 305_999),
    (309_500, 309_599),
    (340_000, 349_999),
    (352_800, 358_999),
    (360_000, 361_999),
    (362_000, 369_999),
    (370_000, 379_999),
    (380_000, 399_999),
    (400_000, 499_999),
    (501_900, 501_999),
    (510_000, 559_999),
    (601_100, 601_199),
    (620_000, 659_999),
];

/// Numbers that issuers reserve for tests; the developer guide lists them as never reported.
const TEST_NUMBERS: [&str; 55] = [
    "122000000000003",
    "2222405343248877",
    "2222990905257051",
    "2223007648726984",
    "2223577120017656",
    "30569309025904",
    "34343434343434",
    "3528000700000000",
    "3530111333300000",
    "3566002020360505",
    "36148900647913",
    "36700102000000",
    "371449635398431",
    "378282246310005",
    "378734493671000",
    "38520000023237",
    "4012888888881881",
    "4111111111111111",
    "4222222222222",
    "4444333322221111",
    "4462030000000000",
    "4484070000000000",
    "4911830000000",
    "4917300800000000",
    "4917610000000000",
    "4917610000000000003",
    "5019717010103742",
    "5105105105105100",
    "5111010030175156",
    "5185540810000019",
    "5200828282828210",
    "5204230080000017",
    "5204740009900014",
    "5420923878724339",
    "5454545454545454",
    "5455330760000018",
    "5506900490000436",
    "5506900490000444",
    "5506900510000234",
    "5506920809243667",
    "5506922400634930",
    "5506927427317625",
    "5553042241984105",
    "5555553753048194",
    "5555555555554444",
    "5610591081018250",
    "6011000990139424",
    "6011000400000000",
    "6011111111111117",
    "630490017740292441",
    "630495060000000000",
    "6331101999990016",
    "6759649826438453",
    "6799990100000000019",
    "76009244561",
];

/// A number with a known prefix, a right check digit, and not one for tests.
pub(super) fn card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let prefix = digits.get(..6).and_then(|prefix| prefix.parse().ok()).unwrap_or(0);
    let known = PREFIXES.iter().any(|(first, last)| (*first..=*last).contains(&prefix));
    (13..=19).contains(&digits.len())
        && known
        && luhn(&digits)
        && !TEST_NUMBERS.contains(&digits.as_str())
}
