//! Reads who signed and for what, without verifying anything.

/// The credential of a signature: `KEY/20260102/us-east-1/sqs/aws4_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential<'a> {
    pub(crate) access_key_id: &'a str,
    /// Day in the form `20260102`.
    pub(crate) date: &'a str,
    /// Empty in signatures for all regions (SigV4A).
    pub(crate) region: &'a str,
    /// The service's signing name.
    pub(crate) service: &'a str,
}

impl<'a> Credential<'a> {
    /// Reads the five parts of a credential, or the four that a SigV4A one has.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_suffix("/aws4_request")?;
        let (text, service) = text.rsplit_once('/')?;
        let (text, last) = text.rsplit_once('/')?;
        // The key comes first and may contain slashes, so the parts are counted from the end.
        let is_date = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        match text.rsplit_once('/') {
            Some((access_key_id, date)) if is_date(date) => {
                Some(Self { access_key_id, date, region: last, service })
            }
            _ if is_date(last) => {
                Some(Self { access_key_id: text, date: last, region: "", service })
            }
            _ => None,
        }
    }

    /// Reads the credential out of an `Authorization` header.
    pub(crate) fn of_header(authorization: &'a str) -> Option<Self> {
        let rest = authorization.strip_prefix("AWS4-")?;
        let (_, fields) = rest.split_once(' ')?;
        let field = fields.split(',').find_map(|field| field.trim().strip_prefix("Credential="));
        Self::parse(field?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        let header = "AWS4-HMAC-SHA256 Credential=test/20260102/eu-west-3/sqs/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";
        let credential = Credential::of_header(header).unwrap();
        let expected = Credential {
            access_key_id: "test",
            date: "20260102",
            region: "eu-west-3",
            service: "sqs",
        };
        assert_eq!(credential, expected);
    }

    #[test]
    fn credentials_of_both_forms_are_read() {
        let read = |text| Credential::parse(text).map(|found| (found.access_key_id, found.region));
        assert_eq!(read("a/b/20260102/r/s/aws4_request"), Some(("a/b", "r")));
        assert_eq!(read("a/20260102/s/aws4_request"), Some(("a", "")));
        for wrong in ["", "a/20260102/r/s", "a/2026/r/s/aws4_request", "aws4_request", "/"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
