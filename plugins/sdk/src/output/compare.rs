//! Comparisons in filters, with Go's idea of what can be compared with what.

use std::cmp::Ordering;

use serde_json::Value;

/// Compares by one of the six operators.
///
/// # Errors
/// The reason in kubectl's words, when the values or the operator do not allow it.
pub(crate) fn compare(left: &Value, operator: &str, right: &Value) -> Result<bool, String> {
    let ordering = || order(left, right);
    match operator {
        "==" => equal(left, right),
        "!=" => equal(left, right).map(|equal| !equal),
        "<" => Ok(ordering()? == Ordering::Less),
        "<=" => Ok(ordering()? != Ordering::Greater),
        ">" => Ok(ordering()? == Ordering::Greater),
        ">=" => Ok(ordering()? != Ordering::Less),
        _ => Err(format!("unrecognized filter operator {operator}")),
    }
}

/// Says whether two simple values of one kind are equal.
///
/// # Errors
/// When they are not simple, or not of one kind.
pub(crate) fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    if let (Value::Bool(left), Value::Bool(right)) = (left, right) {
        return Ok(left == right);
    }
    Ok(order(left, right)? == Ordering::Equal)
}

/// Orders two simple values of one kind; integers and fractions are different kinds.
///
/// # Errors
/// As [`equal`]; truth values have no order.
pub(crate) fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    if !is_simple(left) || !is_simple(right) {
        return Err("invalid type for comparison".to_owned());
    }
    let incompatible = || "incompatible types for comparison".to_owned();
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) if left.is_f64() == right.is_f64() => {
            let whole = |number: &serde_json::Number| {
                number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
            };
            let floats = || left.as_f64().partial_cmp(&right.as_f64());
            let ordering = match (whole(left), whole(right)) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => floats(),
            };
            ordering.ok_or_else(incompatible)
        }
        (Value::Bool(_), Value::Bool(_)) => Err("invalid type for comparison".to_owned()),
        _ => Err(incompatible()),
    }
}

fn is_simple(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_))
}
