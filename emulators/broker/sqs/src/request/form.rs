//! The Query form: `Attribute.1.Name=…`, `SendMessageBatchRequestEntry.1.MessageBody=…`.
//!
//! Comes in: decoded pairs, in any order. Goes out: single values and numbered members. Never: an
//! error; what is not there is absent. Looking up is a binary search, however many pairs there are.

use std::collections::BTreeMap;

/// Names and values of a request, or of one numbered member of it.
#[derive(Clone, Debug, Default)]
pub struct Form<'a> {
    /// Sorted by name; of two equal names the one that came first stands first.
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Form<'a> {
    /// Sorts the pairs.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by_key(|(name, _)| *name);
        Self { pairs }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let at = self.pairs.partition_point(|(other, _)| *other < name);
        self.pairs.get(at).filter(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    /// The members `PREFIX.N.…` in the order of their numbers. A lone `PREFIX.…` without
    /// number is one as well: older clients write it so.
    #[must_use]
    pub fn members(&self, prefix: &str) -> Vec<Form<'a>> {
        let start = self.pairs.partition_point(|(name, _)| *name < prefix);
        let mut members: BTreeMap<u64, Vec<(&'a str, &'a str)>> = BTreeMap::new();
        for (name, value) in &self.pairs[start..] {
            let Some(rest) = name.strip_prefix(prefix) else { break };
            let Some(rest) = rest.strip_prefix('.').or(rest.is_empty().then_some("")) else {
                continue;
            };
            let (number, field) = rest.split_once('.').unwrap_or((rest, ""));
            // Numbers count from 1, so that 0 is free for what has none.
            let (number, field) = number.parse().map_or((0, rest), |number| (number, field));
            members.entry(number).or_default().push((field, *value));
        }
        members.into_values().map(|pairs| Form { pairs }).map(Form::sorted).collect()
    }

    fn sorted(self) -> Self {
        Self::new(self.pairs)
    }

    /// The plain values of the members.
    #[must_use]
    pub fn values(&self, prefix: &str) -> Vec<&'a str> {
        self.members(prefix).iter().filter_map(|member| member.get("")).collect()
    }

    /// Names and values of the members; one without a name is none, one without a value is empty.
    #[must_use]
    pub fn pairs(&self, prefix: &str, name: &str, value: &str) -> Vec<(&'a str, &'a str)> {
        let pair = |member: &Form<'a>| {
            member.get(name).map(|name| (name, member.get(value).unwrap_or_default()))
        };
        self.members(prefix).iter().filter_map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_come_in_the_order_of_their_numbers() {
        let form = Form::new([
            ("TagKey.10", "ten"),
            ("TagKey.2", "two"),
            ("TagKey.1", "one"),
            ("TagKeys.1", "another name"),
            ("Tag.1.Key", "a third name"),
        ]);
        assert_eq!(form.values("TagKey"), ["one", "two", "ten"]);
        assert!(form.values("Missing").is_empty());
    }

    #[test]
    fn a_lone_member_needs_no_number() {
        let form = Form::new([("AttributeName", "All"), ("Attribute.Name", "a")]);
        assert_eq!(form.values("AttributeName"), ["All"]);
        assert_eq!(form.pairs("Attribute", "Name", "Value"), [("a", "")]);
    }

    #[test]
    fn members_have_members() {
        let form = Form::new([
            ("Entry.1.MessageAttribute.2.Name", "b"),
            ("Entry.1.MessageAttribute.2.Value.DataType", "String"),
            ("Entry.1.MessageAttribute.1.Name", "a"),
            ("Entry.1.Id", "x"),
            ("Entry.2.Id", "y"),
        ]);
        let entries = form.members("Entry");
        assert_eq!(
            entries.iter().map(|entry| entry.get("Id")).collect::<Vec<_>>(),
            [Some("x"), Some("y")]
        );
        let attributes = entries[0].members("MessageAttribute");
        assert_eq!(attributes[0].get("Name"), Some("a"));
        assert_eq!(attributes[1].get("Value.DataType"), Some("String"));
    }

    proptest! {
        #[test]
        fn no_form_is_too_odd(pairs in prop::collection::vec(("[a.0-9]{0,8}", ".{0,3}"), 0..20)) {
            let form = Form::new(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let _ = form.pairs("a", "a", "");
            let _ = form.values("");
            for (name, _) in &pairs {
                prop_assert!(form.get(name).is_some());
            }
        }
    }
}
