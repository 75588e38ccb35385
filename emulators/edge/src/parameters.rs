//! The parameters of a Query request: scalars, lists, maps and structures by dotted names.

use std::str::FromStr;

use crate::AwsError;

/// The decoded pairs of a form or a query string, in the order of their names.
///
/// Lists are read in both spellings, `Name.member.N` and flattened `Name.N`; so are maps,
/// `Name.entry.N.key` and flattened `Name.N.Key`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Sorted by name, no name twice.
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Sorts pairs. The first name that stands there twice is given back.
    ///
    /// # Errors
    /// A name is there twice: nobody can say which of the two is meant.
    pub fn from_pairs(mut pairs: Vec<(String, String)>) -> Result<Self, String> {
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        match pairs.windows(2).find(|two| two[0].0 == two[1].0) {
            Some(two) => Err(two[0].0.clone()),
            None => Ok(Self { pairs }),
        }
    }

    /// All of them, as one structure.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields { pairs: &self.pairs, skip: 0 }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().get(name)
    }

    /// The value of a name that must be there.
    ///
    /// # Errors
    /// It is not: `MissingParameter`.
    pub fn require(&self, name: &str) -> Result<&str, AwsError> {
        self.fields().require(name)
    }

    /// The number of a name.
    ///
    /// # Errors
    /// It is no number: `MalformedInput`.
    pub fn number<Number: FromStr>(&self, name: &str) -> Result<Option<Number>, AwsError> {
        self.fields().number(name)
    }

    /// The truth value of a name.
    ///
    /// # Errors
    /// It is neither `true` nor `false`: `MalformedInput`.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, AwsError> {
        self.fields().boolean(name)
    }

    /// The values of a list, in the order of their numbers.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.fields().list(name)
    }

    /// The structures of a list, in the order of their numbers.
    #[must_use]
    pub fn members(&self, name: &str) -> Vec<Fields<'_>> {
        self.fields().members(name)
    }

    /// The pairs of a map, in the order of their numbers: `map("Attributes", "key", "value")` for
    /// `Attributes.entry.N.key`, `map("Attribute", "Name", "Value")` for `Attribute.N.Name`.
    #[must_use]
    pub fn map(&self, name: &str, key: &str, value: &str) -> Vec<(&str, &str)> {
        self.fields().map(name, key, value)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Names and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A structure among the parameters: the names that begin alike, without that beginning.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    pairs: &'a [(String, String)],
    /// Bytes that all names share and that are not shown.
    skip: usize,
}

impl<'a> Fields<'a> {
    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.pairs.binary_search_by(|(other, _)| other[self.skip..].cmp(name));
        found.ok().map(|at| self.pairs[at].1.as_str())
    }

    /// The value of a name that must be there.
    ///
    /// # Errors
    /// It is not: `MissingParameter`.
    pub fn require(&self, name: &str) -> Result<&'a str, AwsError> {
        self.get(name).ok_or_else(|| AwsError::missing_parameter(name))
    }

    /// The number of a name.
    ///
    /// # Errors
    /// It is no number: `MalformedInput`.
    pub fn number<Number: FromStr>(&self, name: &str) -> Result<Option<Number>, AwsError> {
        let read = |text: &str| text.parse().map_err(|_| malformed(name, text, "a number"));
        self.get(name).map(read).transpose()
    }

    /// The truth value of a name.
    ///
    /// # Errors
    /// It is neither `true` nor `false`: `MalformedInput`.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, AwsError> {
        let read = |text: &str| match text {
            _ if text.eq_ignore_ascii_case("true") => Ok(true),
            _ if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(malformed(name, text, "true or false")),
        };
        self.get(name).map(read).transpose()
    }

    /// The structure whose names begin with `name` and a dot.
    #[must_use]
    pub fn structure(&self, name: &str) -> Self {
        let begins =
            |other: &str| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let from = self.pairs.partition_point(|(other, _)| before(&other[self.skip..], name));
        let rest = &self.pairs[from..];
        let count = rest.partition_point(|(other, _)| begins(&other[self.skip..]));
        Self { pairs: &rest[..count], skip: self.skip + name.len() + 1 }
    }

    /// The values of a list, in the order of their numbers.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&'a str> {
        let list = self.items(name, "member");
        let mut numbered = list
            .pairs
            .iter()
            .filter_map(|(name, value)| Some((index(&name[list.skip..])?, value.as_str())))
            .collect::<Vec<_>>();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, value)| value).collect()
    }

    /// The structures of a list, in the order of their numbers.
    #[must_use]
    pub fn members(&self, name: &str) -> Vec<Self> {
        self.items(name, "member").numbered()
    }

    /// The pairs of a map: see [`Parameters::map`]. An entry without a key is left out, one
    /// without a value has an empty one.
    #[must_use]
    pub fn map(&self, name: &str, key: &str, value: &str) -> Vec<(&'a str, &'a str)> {
        let entries = self.items(name, "entry").numbered();
        let pair = |entry: Self| Some((entry.get(key)?, entry.get(value).unwrap_or_default()));
        entries.into_iter().filter_map(pair).collect()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Names and values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let Self { pairs, skip } = *self;
        pairs.iter().map(move |(name, value)| (&name[skip..], value.as_str()))
    }

    fn items(&self, name: &str, word: &str) -> Self {
        let flat = self.structure(name);
        let spelled = flat.structure(word);
        if spelled.is_empty() { flat } else { spelled }
    }

    /// Cuts `N.rest` into one structure for each number.
    fn numbered(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut rest = self.pairs;
        while let Some((first, _)) = rest.first() {
            let first = &first[self.skip..];
            let Some((number, _)) = first.split_once('.') else {
                rest = &rest[1..];
                continue;
            };
            let same =
                |other: &str| other.strip_prefix(number).is_some_and(|rest| rest.starts_with('.'));
            let count = rest.partition_point(|(other, _)| same(&other[self.skip..]));
            if let Some(index) = index(number) {
                let skip = self.skip + number.len() + 1;
                found.push((index, Self { pairs: &rest[..count], skip }));
            }
            rest = &rest[count.max(1)..];
        }
        found.sort_by_key(|(index, _)| *index);
        found.into_iter().map(|(_, fields)| fields).collect()
    }
}

/// Whether a name sorts before all names that begin with `name` and a dot.
fn before(other: &str, name: &str) -> bool {
    let dotted = name.bytes().chain([b'.']);
    other.bytes().lt(dotted)
}

/// The number of a list's item: digits only, few enough.
fn index(text: &str) -> Option<u32> {
    let is_plain = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

fn malformed(name: &str, text: &str, wanted: &str) -> AwsError {
    let shown = text.chars().take(64).collect::<String>().escape_debug().to_string();
    AwsError::new("MalformedInput", format!("{name} must be {wanted}, not '{shown}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        Parameters::from_pairs(pairs.iter().map(owned).collect()).unwrap()
    }

    #[test]
    fn scalars() {
        let given = parameters(&[("Name", "x"), ("Size", "12"), ("Raw", "True"), ("Bad", "1x")]);
        assert_eq!(given.get("Name"), Some("x"));
        assert_eq!(given.get("Nam"), None);
        assert_eq!(given.number::<u32>("Size").unwrap(), Some(12));
        assert_eq!(given.number::<u32>("None").unwrap(), None);
        assert_eq!(given.boolean("Raw").unwrap(), Some(true));
        assert_eq!(given.number::<u32>("Bad").unwrap_err().code, "MalformedInput");
        assert_eq!(given.boolean("Bad").unwrap_err().code, "MalformedInput");
        assert_eq!(given.require("None").unwrap_err().code, "MissingParameter");
    }

    #[test]
    fn lists_in_both_spellings_and_in_the_order_of_numbers() {
        let spelled = parameters(&[("A.member.10", "j"), ("A.member.2", "b"), ("A.member.1", "a")]);
        assert_eq!(spelled.list("A"), ["a", "b", "j"]);
        let flat = parameters(&[("A.1", "a"), ("A.2", "b"), ("A.x", "no"), ("AB.1", "no")]);
        assert_eq!(flat.list("A"), ["a", "b"]);
        assert!(flat.list("B").is_empty());
    }

    #[test]
    fn structures_in_lists() {
        let given = parameters(&[
            ("E.1.Id", "one"),
            ("E.1.Attribute.1.Name", "n"),
            ("E.1.Attribute.1.Value.StringValue", "v"),
            ("E.10.Id", "ten"),
            ("E.2.Id", "two"),
            ("E-2.Id", "other"),
            ("E", "odd"),
        ]);
        let members = given.members("E");
        let ids = members.iter().map(|member| member.get("Id").unwrap()).collect::<Vec<_>>();
        assert_eq!(ids, ["one", "two", "ten"]);
        let attribute = members[0].members("Attribute")[0];
        assert_eq!(attribute.structure("Value").get("StringValue"), Some("v"));
        assert_eq!(attribute.get("Value.StringValue"), Some("v"));
    }

    #[test]
    fn maps_in_both_spellings() {
        let spelled = parameters(&[
            ("Attributes.entry.1.key", "Policy"),
            ("Attributes.entry.1.value", "{}"),
            ("Attributes.entry.2.key", "Empty"),
            ("Attributes.entry.3.value", "orphan"),
        ]);
        let expected = [("Policy", "{}"), ("Empty", "")];
        assert_eq!(spelled.map("Attributes", "key", "value"), expected);
        let flat = parameters(&[("Attribute.1.Name", "a"), ("Attribute.1.Value", "b")]);
        assert_eq!(flat.map("Attribute", "Name", "Value"), [("a", "b")]);
    }

    #[test]
    fn a_name_twice_is_refused() {
        let pair = |name: &str| (name.to_owned(), String::new());
        assert_eq!(Parameters::from_pairs(vec![pair("A"), pair("B"), pair("A")]), Err("A".into()));
    }

    #[test]
    fn odd_numbers_are_no_items() {
        let given = parameters(&[("A.0000000001", "x"), ("A.-1", "x"), ("A.", "x"), ("A.7", "y")]);
        assert_eq!(given.list("A"), ["y"]);
        let given = parameters(&[("A..B", "x"), ("A.9999999.B", "x"), ("A.7.B", "y")]);
        assert_eq!(given.members("A").len(), 1);
    }
}
