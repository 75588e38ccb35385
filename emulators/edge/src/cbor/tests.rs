//! CBOR against the examples of RFC 8949, appendix A, and against anything at all.

use proptest::prelude::*;

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[test]
fn the_examples_of_the_rfc() {
    let text = |text: &str| Value::Text(text.to_owned());
    let numbers = |range: std::ops::RangeInclusive<i64>| range.map(Value::Integer).collect();
    for (hex, expected) in [
        ("00", Value::Integer(0)),
        ("1818", Value::Integer(24)),
        ("1903e8", Value::Integer(1_000)),
        ("1b000000e8d4a51000", Value::Integer(1_000_000_000_000)),
        ("20", Value::Integer(-1)),
        ("3903e7", Value::Integer(-1_000)),
        ("f90000", Value::Float(0.0)),
        ("f93c00", Value::Float(1.0)),
        ("f97bff", Value::Float(65_504.0)),
        ("f90001", Value::Float(5.960_464_477_539_063e-8)),
        ("f9c400", Value::Float(-4.0)),
        ("f97c00", Value::Float(f64::INFINITY)),
        ("fa47c35000", Value::Float(100_000.0)),
        ("fb3ff199999999999a", Value::Float(1.1)),
        ("f4", Value::Boolean(false)),
        ("f6", Value::Null),
        ("f7", Value::Null),
        ("c11a514b67b0", Value::Timestamp(1_363_896_240.0)),
        ("c1fb41d452d9ec200000", Value::Timestamp(1_363_896_240.5)),
        ("4401020304", Value::Bytes(vec![1, 2, 3, 4])),
        ("62c3bc", text("\u{fc}")),
        ("80", Value::List(vec![])),
        ("83010203", Value::List(numbers(1..=3))),
        ("9f010203ff", Value::List(numbers(1..=3))),
        ("a1616101", Value::Map(vec![("a".to_owned(), Value::Integer(1))])),
        ("bf616101ff", Value::Map(vec![("a".to_owned(), Value::Integer(1))])),
        ("7f657374726561646d696e67ff", text("streaming")),
        ("5f42010243030405ff", Value::Bytes(vec![1, 2, 3, 4, 5])),
    ] {
        assert_eq!(decode(&bytes(hex)), Ok(expected), "{hex}");
    }
}

#[test]
fn what_is_not_cbor_is_refused() {
    let deep = [vec![0x81; DEPTH_MAX], vec![0]].concat();
    assert_eq!(decode(&deep), Err(DecodeError::TooLarge));
    let many = [vec![0x9a, 0, 0x10, 0, 0], vec![0; 0x10_0000]].concat();
    assert_eq!(decode(&many), Err(DecodeError::TooLarge));
    for (hex, expected) in [
        ("", DecodeError::Truncated),
        ("18", DecodeError::Truncated),
        ("0000", DecodeError::Trailing),
        ("5bffffffffffffffff", DecodeError::Truncated),
        ("9bffffffffffffffff", DecodeError::Truncated),
        ("bbffffffffffffffff", DecodeError::Truncated),
        ("9f01", DecodeError::Truncated),
        ("1c", DecodeError::Malformed),
        ("1f", DecodeError::Malformed),
        ("ff", DecodeError::Malformed),
        ("f8ff", DecodeError::Malformed),
        ("7f4161ff", DecodeError::Malformed),
        ("61ff", DecodeError::Text),
        ("a10101", DecodeError::Name),
        ("a2616101616102", DecodeError::Name),
        ("1bffffffffffffffff", DecodeError::Unsupported),
        ("c249010000000000000000", DecodeError::Unsupported),
    ] {
        assert_eq!(decode(&bytes(hex)), Err(expected), "{hex}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<i32>().prop_map(|number| Value::Float(f64::from(number) / 3.0)),
        ".{0,40}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        any::<u32>().prop_map(|seconds| Value::Timestamp(f64::from(seconds))),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
            proptest::collection::btree_map(".{0,10}", inner, 0..8)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(value in any_value()) {
        prop_assert_eq!(decode(&encode(&value)), Ok(value));
    }

    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
    }
}
