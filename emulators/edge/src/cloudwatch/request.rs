//! A request in any form as one tree, and lenient access to it: Query knows no numbers.

use brume_foundation::clock::Moment;
use brume_foundation::metrics::SeriesId;
use serde_json::Value as Json;

use super::{invalid_value, missing};
use crate::cbor::{self, Value};
use crate::{AwsError, Input, Parameters};

/// Dimensions of a metric.
const DIMENSIONS_MAX: usize = 30;
/// How deep the names of Query parameters may nest.
const DEPTH_MAX: usize = 16;

/// Reads the input.
pub(super) fn tree(input: &Input) -> Result<Value, AwsError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        AwsError::new("SerializationException", format!("The request cannot be read: {error}"))
    };
    match input {
        Input::Cbor(bytes) if bytes.is_empty() => Ok(Value::Map(Vec::new())),
        Input::Cbor(bytes) => cbor::decode(bytes).map_err(|error| unreadable(&error)),
        Input::Json(bytes) if bytes.is_empty() => Ok(Value::Map(Vec::new())),
        Input::Json(bytes) => {
            let json = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
            Ok(of_json(json))
        }
        Input::Query(parameters) => of_query(parameters),
    }
}

fn of_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(values) => Value::List(values.into_iter().map(of_json).collect()),
        Json::Object(map) => {
            Value::Map(map.into_iter().map(|(name, value)| (name, of_json(value))).collect())
        }
    }
}

/// Dotted names become maps in maps; lists stay maps of numbers, which [`Fields::list`] reads.
fn of_query(parameters: &Parameters) -> Result<Value, AwsError> {
    let mut root = Vec::new();
    for (name, value) in parameters.iter() {
        if name.split('.').count() > DEPTH_MAX {
            return Err(AwsError::new("MalformedInput", "A parameter's name has too many parts"));
        }
        insert(&mut root, name, value);
    }
    Ok(Value::Map(root))
}

fn insert(entries: &mut Vec<(String, Value)>, name: &str, value: &str) {
    let Some((first, rest)) = name.split_once('.') else {
        entries.push((name.to_owned(), Value::Text(value.to_owned())));
        return;
    };
    // The parameters are sorted, so what belongs together comes together.
    let is_open = matches!(entries.last(), Some((last, Value::Map(_))) if last == first);
    if !is_open {
        entries.push((first.to_owned(), Value::Map(Vec::new())));
    }
    if let Some((_, Value::Map(inside))) = entries.last_mut() {
        insert(inside, rest, value);
    }
}

/// A structure of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    entries: &'a [(String, Value)],
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::Map(entries) => Self { entries },
            _ => Self { entries: &[] },
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        let found = self.entries.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    pub(super) fn structure(&self, name: &str) -> Option<Self> {
        self.get(name).map(Self::of)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, AwsError> {
        self.get(name)
            .map(|value| match value {
                Value::Text(text) => Ok(text.as_str()),
                _ => Err(invalid_value(format!("The parameter {name} must be a text."))),
            })
            .transpose()
    }

    pub(super) fn require_text(&self, name: &str) -> Result<&'a str, AwsError> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, AwsError> {
        self.get(name)
            .map(|value| {
                number(value)
                    .ok_or_else(|| invalid_value(format!("The parameter {name} must be a number.")))
            })
            .transpose()
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, AwsError> {
        let wrong =
            || invalid_value(format!("The parameter {name} must be a positive whole number."));
        self.get(name)
            .map(|value| match value {
                Value::Integer(number) => u64::try_from(*number).map_err(|_| wrong()),
                Value::Text(text) => text.parse().map_err(|_| wrong()),
                _ => Err(wrong()),
            })
            .transpose()
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Boolean(value) => Some(*value),
            Value::Text(text) => Some(text.eq_ignore_ascii_case("true")),
            _ => None,
        }
    }

    /// A point in time: seconds since the epoch, or RFC 3339.
    pub(super) fn moment(&self, name: &str) -> Result<Option<Moment>, AwsError> {
        let wrong = || invalid_value(format!("The parameter {name} must be a valid timestamp."));
        self.get(name)
            .map(|value| {
                if let Value::Text(text) = value
                    && let Ok(timestamp) = text.parse::<jiff::Timestamp>()
                {
                    let millis = u64::try_from(timestamp.as_millisecond()).map_err(|_| wrong())?;
                    return Ok(Moment::from_unix_millis(millis));
                }
                let seconds = number(value).filter(|seconds| (0.0..1e11).contains(seconds));
                // Milliseconds of the years that there are fit.
                let millis = (seconds.ok_or_else(wrong)? * 1_000.0) as u64;
                Ok(Moment::from_unix_millis(millis))
            })
            .transpose()
    }

    pub(super) fn require_moment(&self, name: &str) -> Result<Moment, AwsError> {
        self.moment(name)?.ok_or_else(|| missing(name))
    }

    /// The values of a list, in order.
    pub(super) fn list(&self, name: &str) -> Vec<&'a Value> {
        match self.get(name) {
            Some(Value::List(values)) => values.iter().collect(),
            Some(Value::Map(entries)) => {
                let members = match entries.first() {
                    Some((word, Value::Map(members))) if word == "member" => members,
                    _ => entries,
                };
                let mut numbered = members
                    .iter()
                    .filter_map(|(number, value)| Some((number.parse::<u32>().ok()?, value)))
                    .collect::<Vec<_>>();
                numbered.sort_by_key(|(number, _)| *number);
                numbered.into_iter().map(|(_, value)| value).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<&'a str>, AwsError> {
        let text = |value: &'a Value| match value {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(invalid_value(format!("The parameter {name} must be a list of texts."))),
        };
        self.list(name).into_iter().map(text).collect()
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>, AwsError> {
        let wrong = || invalid_value(format!("The parameter {name} must be a list of numbers."));
        self.list(name).into_iter().map(|value| number(value).ok_or_else(wrong)).collect()
    }

    /// Namespace, name and dimensions of a metric.
    pub(super) fn series(&self, namespace: &str) -> Result<SeriesId, AwsError> {
        let name = self.require_text("MetricName")?;
        let dimensions = self.dimensions()?;
        Ok(SeriesId::new(namespace, name, &dimensions))
    }

    pub(super) fn dimensions(&self) -> Result<Vec<(&'a str, &'a str)>, AwsError> {
        let list = self.list("Dimensions");
        if list.len() > DIMENSIONS_MAX {
            let message =
                format!("The collection Dimensions must not have more than {DIMENSIONS_MAX} items");
            return Err(invalid_value(message));
        }
        let mut dimensions = Vec::with_capacity(list.len());
        for value in list {
            let fields = Fields::of(value);
            dimensions.push((fields.require_text("Name")?, fields.require_text("Value")?));
        }
        Ok(dimensions)
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) | Value::Timestamp(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}
