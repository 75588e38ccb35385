//! OpenAPI v2 as protobuf: the message `openapi.v2.Document` of the gnostic project, which is the
//! only form that kubectl takes.
//!
//! Only what an API server's document holds is encoded; a value of free form (an extension, an
//! enum value) travels as YAML text, which JSON is.

use serde_json::{Map, Value};

/// A message that grows.
#[derive(Default)]
struct Message {
    bytes: Vec<u8>,
}

/// Wire type of a varint.
const VARINT: u64 = 0;
/// Wire type of a 64-bit number.
const FIXED_64: u64 = 1;
/// Wire type of bytes.
const BYTES: u64 = 2;

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }

    fn tag(&mut self, number: u64, wire_type: u64) {
        self.varint(number << 3 | wire_type);
    }

    fn string(&mut self, number: u64, text: &str) {
        self.tag(number, BYTES);
        self.varint(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn boolean(&mut self, number: u64, value: bool) {
        self.tag(number, VARINT);
        self.varint(u64::from(value));
    }

    fn integer(&mut self, number: u64, value: i64) {
        self.tag(number, VARINT);
        // Negative numbers are written as their two's complement in 64 bits.
        self.varint(u64::from_le_bytes(value.to_le_bytes()));
    }

    fn double(&mut self, number: u64, value: f64) {
        self.tag(number, FIXED_64);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn message(&mut self, number: u64, body: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        body(&mut inner);
        self.tag(number, BYTES);
        self.varint(inner.bytes.len() as u64);
        self.bytes.append(&mut inner.bytes);
    }

    /// A message `Any`: field 2 holds YAML.
    fn any(&mut self, number: u64, value: &Value) {
        self.message(number, |any| any.string(2, &format!("{value}\n")));
    }

    /// A message with a name in field 1 and a message in field 2.
    fn named(&mut self, number: u64, name: &str, body: impl FnOnce(&mut Self)) {
        self.message(number, |named| {
            named.string(1, name);
            named.message(2, body);
        });
    }

    /// Every member that starts with `x-`, as a message `NamedAny`.
    fn extensions(&mut self, number: u64, object: &Map<String, Value>) {
        for (name, value) in object.iter().filter(|(name, _)| name.starts_with("x-")) {
            self.named(number, name, |any| any.string(2, &format!("{value}\n")));
        }
    }

    fn text_member(&mut self, number: u64, object: &Map<String, Value>, name: &str) {
        if let Some(text) = object.get(name).and_then(Value::as_str) {
            self.string(number, text);
        }
    }

    fn flag_member(&mut self, number: u64, object: &Map<String, Value>, name: &str) {
        if let Some(true) = object.get(name).and_then(Value::as_bool) {
            self.boolean(number, true);
        }
    }
}

/// Encodes a document.
pub(super) fn encode(document: &Value) -> Vec<u8> {
    let mut message = Message::default();
    let empty = Map::new();
    let object = document.as_object().unwrap_or(&empty);
    message.text_member(1, object, "swagger");
    if let Some(info) = object.get("info").and_then(Value::as_object) {
        message.message(2, |message| {
            message.text_member(1, info, "title");
            message.text_member(2, info, "version");
        });
    }
    if let Some(paths) = object.get("paths").and_then(Value::as_object) {
        message.message(8, |message| {
            for (name, path) in paths {
                message.named(2, name, |message| encode_path(message, path));
            }
        });
    }
    if let Some(definitions) = object.get("definitions").and_then(Value::as_object) {
        message.message(9, |message| encode_schemas(message, definitions));
    }
    message.bytes
}

fn encode_path(message: &mut Message, path: &Value) {
    let Some(path) = path.as_object() else { return };
    for (number, method) in [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")] {
        if let Some(operation) = path.get(method).and_then(Value::as_object) {
            message.message(number, |message| encode_operation(message, operation));
        }
    }
    encode_parameters(message, 9, path);
}

fn encode_operation(message: &mut Message, operation: &Map<String, Value>) {
    for tag in operation.get("tags").and_then(Value::as_array).into_iter().flatten() {
        message.string(1, tag.as_str().unwrap_or_default());
    }
    message.text_member(3, operation, "description");
    message.text_member(5, operation, "operationId");
    encode_parameters(message, 8, operation);
    if let Some(responses) = operation.get("responses").and_then(Value::as_object) {
        message.message(9, |message| {
            for (code, response) in responses {
                message.named(1, code, |message| {
                    message.message(1, |message| encode_response(message, response));
                });
            }
        });
    }
    message.extensions(13, operation);
}

fn encode_response(message: &mut Message, response: &Value) {
    let Some(response) = response.as_object() else { return };
    message.text_member(1, response, "description");
    if let Some(schema) = response.get("schema").and_then(Value::as_object) {
        message.message(2, |message| {
            message.message(1, |message| encode_schema(message, schema));
        });
    }
}

fn encode_parameters(message: &mut Message, number: u64, object: &Map<String, Value>) {
    let parameters = object.get("parameters").and_then(Value::as_array);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object) {
        // ParametersItem, in it a Parameter.
        message.message(number, |message| {
            message.message(1, |message| encode_parameter(message, parameter));
        });
    }
}

fn encode_parameter(message: &mut Message, parameter: &Map<String, Value>) {
    let place = parameter.get("in").and_then(Value::as_str).unwrap_or_default();
    if place == "body" {
        message.message(1, |message| {
            message.text_member(2, parameter, "name");
            message.string(3, place);
            message.flag_member(4, parameter, "required");
            if let Some(schema) = parameter.get("schema").and_then(Value::as_object) {
                message.message(5, |message| encode_schema(message, schema));
            }
        });
        return;
    }
    // The sub-schemas of query and path parameters differ in the place of the type.
    let (kind, type_number) = if place == "path" { (4, 5) } else { (3, 6) };
    message.message(2, |message| {
        message.message(kind, |message| {
            message.flag_member(1, parameter, "required");
            message.string(2, place);
            message.text_member(4, parameter, "name");
            message.text_member(type_number, parameter, "type");
        });
    });
}

/// Named schemas, as the messages `Definitions` and `Properties` hold them.
fn encode_schemas(message: &mut Message, schemas: &Map<String, Value>) {
    for (name, schema) in schemas {
        if let Some(schema) = schema.as_object() {
            message.named(1, name, |message| encode_schema(message, schema));
        }
    }
}

fn encode_schema(message: &mut Message, schema: &Map<String, Value>) {
    let members = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
    for (number, name) in
        [(1, "$ref"), (2, "format"), (3, "title"), (4, "description"), (13, "pattern")]
    {
        message.text_member(number, schema, name);
    }
    if let Some(default) = schema.get("default") {
        message.any(5, default);
    }
    for (number, name) in [(6, "multipleOf"), (7, "maximum"), (9, "minimum")] {
        if let Some(value) = schema.get(name).and_then(Value::as_f64) {
            message.double(number, value);
        }
    }
    for (number, name) in [(8, "exclusiveMaximum"), (10, "exclusiveMinimum"), (16, "uniqueItems")] {
        message.flag_member(number, schema, name);
    }
    for (number, name) in [
        (11, "maxLength"),
        (12, "minLength"),
        (14, "maxItems"),
        (15, "minItems"),
        (17, "maxProperties"),
        (18, "minProperties"),
    ] {
        if let Some(value) = schema.get(name).and_then(Value::as_i64) {
            message.integer(number, value);
        }
    }
    for name in members("required").filter_map(Value::as_str) {
        message.string(19, name);
    }
    for value in members("enum") {
        message.any(20, value);
    }
    match schema.get("additionalProperties") {
        Some(Value::Object(values)) => message.message(21, |message| {
            message.message(1, |message| encode_schema(message, values));
        }),
        Some(Value::Bool(allowed)) => {
            message.message(21, |message| message.boolean(2, *allowed));
        }
        _ => {}
    }
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        message.message(22, |message| message.string(1, kind));
    }
    if let Some(items) = schema.get("items").and_then(Value::as_object) {
        message.message(23, |message| {
            message.message(1, |message| encode_schema(message, items));
        });
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        message.message(25, |message| encode_schemas(message, properties));
    }
    message.extensions(31, schema);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Message, encode};

    #[test]
    fn numbers_are_written_as_varints() {
        let mut message = Message::default();
        message.varint(1);
        message.varint(300);
        message.integer(1, -1);
        let minus_one = [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        assert_eq!(message.bytes, [[1, 0xac, 2].as_slice(), minus_one.as_slice()].concat());
    }

    #[test]
    fn a_small_document_has_the_bytes_of_its_messages() {
        let document = json!({"swagger": "2.0", "definitions": {"A": {"type": "string"}}});
        let kind = [&[0xb2, 1, 8, 10, 6][..], b"string"].concat();
        let value = [&[18, 11][..], &kind].concat();
        let named = [&[10, 16, 10, 1][..], b"A", &value].concat();
        let definitions = [&[74, 18][..], &named].concat();
        assert_eq!(encode(&document), [&[10, 3][..], b"2.0", &definitions].concat());
    }

    #[test]
    fn a_value_that_is_no_document_gives_an_empty_message() {
        assert!(encode(&json!([1, 2])).is_empty());
    }
}
