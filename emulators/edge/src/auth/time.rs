//! The date form of signatures: `20260102T030405Z`.

use brume_foundation::clock::Moment;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a date.
pub(super) fn parse(text: &str) -> Option<Moment> {
    if text.len() != 16 || !text.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<i16>().ok();
    let small = |from: usize| number(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let is_plain = |at: usize, byte: u8| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    if !text.bytes().enumerate().all(|(at, byte)| is_plain(at, byte)) {
        return None;
    }
    let date =
        DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(9)?, small(11)?, small(13)?, 0)
            .ok()?;
    let seconds = TimeZone::UTC.to_timestamp(date).ok()?.as_second();
    Some(Moment::from_unix_millis(u64::try_from(seconds).ok()? * 1_000))
}

/// Writes a date.
pub(super) fn format(moment: Moment) -> String {
    let text = moment.to_string();
    // What the moment prints is RFC 3339: its first 19 characters without the marks in between.
    let digits = text.chars().take(19).filter(|mark| !matches!(mark, '-' | ':'));
    digits.chain(['Z']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        let moment = parse("20150830T123600Z").unwrap();
        assert_eq!(moment.unix_seconds(), 1_440_938_160);
        assert_eq!(format(moment), "20150830T123600Z");
        for wrong in
            ["", "20150830T123600", "2015083OT123600Z", "20151330T123600Z", "19000101T000000Z"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
