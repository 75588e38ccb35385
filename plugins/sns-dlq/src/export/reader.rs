//! A file to messages, after it has shown that it is whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use brume_plugin::{Error, ExitCode, Result};
use sha2::{Digest as _, Sha256};

use super::line::Line;
use super::{FILE_BYTES_MAX, FORMAT, LINE_BYTES_MAX};
use crate::message::DeadLetter;
use crate::redrive::digest::hex;

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    /// The queue that the messages come from.
    pub queue_arn: String,
    /// The messages, in the file's order.
    pub letters: Vec<DeadLetter>,
    /// SHA-256 of everything before the trailer.
    pub sha256: String,
    /// The trailer is missing: whoever wrote it was killed, or it was cut.
    pub is_partial: bool,
}

/// Reads a file.
///
/// # Errors
/// As [`read`], and what the file system says.
pub fn read_path(path: &Path, takes_partial: bool) -> Result<Exported> {
    let file = File::open(path).map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => ExitCode::NotFound,
            _ => ExitCode::Failed,
        };
        Error::new(code, format!("cannot read {}", path.display())).source(&error)
    })?;
    read(file, &path.display().to_string(), takes_partial)
}

/// Reads an export. Nothing of it is given out before the trailer has proved all of it; without a
/// trailer, only when `takes_partial` says so, up to the last whole line.
///
/// # Errors
/// When it is no export, is changed, or not whole.
pub fn read(input: impl Read, name: &str, takes_partial: bool) -> Result<Exported> {
    let unusable = |cause: String| Error::failed(format!("cannot use {name}")).cause(cause);
    let mut reader = BufReader::with_capacity(1 << 20, input.take(FILE_BYTES_MAX));
    let mut digest = Sha256::new();
    let mut exported = Exported { is_partial: true, ..Exported::default() };
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let mut line = reader.by_ref().take(LINE_BYTES_MAX as u64);
        line.read_until(b'\n', &mut bytes).map_err(|error| unusable(error.to_string()))?;
        if bytes.is_empty() {
            break;
        }
        if !exported.is_partial {
            return Err(unusable(format!("something stands behind its end, on line {number}")));
        }
        let parsed = serde_json::from_slice::<Line>(&bytes).ok().filter(|_| bytes.ends_with(b"\n"));
        let Some(parsed) = parsed else {
            // A line that was torn off is no message; one in the middle is damage.
            let is_last = reader.fill_buf().is_ok_and(<[u8]>::is_empty);
            if number > 1 && is_last && takes_partial {
                break;
            }
            let what = if number == 1 { "it is no export of brume" } else { "is not readable" };
            return Err(unusable(match number {
                1 => what.to_owned(),
                _ => format!("line {number} {what}"),
            }));
        };
        match parsed {
            Line::Export(header) if number == 1 => {
                if header.format != FORMAT {
                    return Err(unusable(format!("its format is '{}'", header.format)));
                }
                exported.queue_arn = header.queue_arn;
            }
            Line::Message(message) if number > 1 => {
                let letter = message.into_letter();
                let letter = letter.map_err(|why| unusable(format!("line {number}: {why}")))?;
                exported.letters.push(letter);
            }
            Line::End(trailer) if number > 1 => {
                exported.sha256 = hex(&digest.clone().finalize());
                exported.is_partial = false;
                if trailer.sha256 != exported.sha256
                    || trailer.messages != exported.letters.len() as u64
                {
                    return Err(unusable("it was changed: its checksum is another one".to_owned()));
                }
            }
            _ => return Err(unusable(format!("line {number} is out of place"))),
        }
        digest.update(&bytes);
    }
    if exported.is_partial && !takes_partial {
        return Err(unusable("it is not whole: its last line is missing".to_owned())
            .hint("repeat the command with --partial to take what is there"));
    }
    if exported.is_partial {
        exported.sha256 = hex(&digest.finalize());
    }
    Ok(exported)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::export::Writer;
    use crate::message::{Attribute, AttributeValue};

    fn written(letters: &[DeadLetter]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), "arn:q", Timestamp::UNIX_EPOCH).unwrap();
        for letter in letters {
            writer.message(letter).unwrap();
        }
        writer.finish().unwrap().0
    }

    fn back(bytes: &[u8], takes_partial: bool) -> Result<Exported> {
        read(bytes, "file", takes_partial)
    }

    fn letters() -> impl Strategy<Value = Vec<DeadLetter>> {
        let value = prop_oneof![
            any::<String>().prop_map(|text| ("String", AttributeValue::Text(text))),
            prop::collection::vec(any::<u8>(), 0..40)
                .prop_map(|bytes| ("Binary.png", AttributeValue::Binary(bytes))),
        ];
        let attribute = value
            .prop_map(|(data_type, value)| Attribute { data_type: data_type.to_owned(), value });
        let attributes = prop::collection::btree_map(any::<String>(), attribute, 0..4);
        let system = prop::collection::btree_map("[A-Za-z]{1,9}", any::<String>(), 0..4);
        let letter = ("[a-z0-9-]{1,36}", any::<String>(), attributes, system).prop_map(
            |(id, body, attributes, system)| DeadLetter::new(id, body, attributes, system, None),
        );
        prop::collection::vec(letter, 0..6)
    }

    proptest! {
        #[test]
        fn everything_comes_back(letters in letters()) {
            let exported = back(&written(&letters), false).unwrap();
            prop_assert_eq!(exported.letters, letters);
            prop_assert!(!exported.is_partial);
        }

        #[test]
        fn a_changed_or_cut_file_is_never_taken_for_whole(
            letters in letters(), place: prop::sample::Index, flip in 1..=255_u8, cut: bool,
        ) {
            let mut bytes = written(&letters);
            let place = place.index(bytes.len());
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] ^= flip;
            }
            // The digits of a number in the header's time may change; the checksum notices.
            prop_assert!(back(&bytes, false).is_err());
        }

        #[test]
        fn a_cut_file_gives_its_whole_lines(letters in letters(), place: prop::sample::Index) {
            let bytes = written(&letters);
            let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            let length = first + place.index(bytes.len() - first + 1);
            let exported = back(&bytes[..length], true).unwrap();
            let whole = bytes[..length].iter().filter(|byte| **byte == b'\n').count() - 1;
            prop_assert_eq!(exported.letters.len(), whole.min(letters.len()));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cause = |bytes: &[u8]| back(bytes, false).unwrap_err().causes[0].clone();
        assert_eq!(cause(b"hello\n"), "it is no export of brume");
        assert_eq!(cause(b""), "it is not whole: its last line is missing");
        let mut bytes = written(&[]);
        bytes.extend_from_slice(b"{}\n");
        assert_eq!(cause(&bytes), "something stands behind its end, on line 3");
    }

    #[test]
    fn files_appear_whole_and_overwrite_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let letters = [DeadLetter { id: "m".into(), ..DeadLetter::default() }];
        let now = Timestamp::UNIX_EPOCH;
        let finished = crate::export::export(&path, "arn", now, &letters).unwrap();
        assert_eq!(finished.messages, 1);
        assert_eq!(read_path(&path, false).unwrap().letters, letters);
        let error = crate::export::export(&path, "arn", now, &letters).unwrap_err();
        assert_eq!(error.code, ExitCode::Conflict);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
