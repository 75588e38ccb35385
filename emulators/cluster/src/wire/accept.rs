//! Which of the representations that the server has does a client want?

/// The media types of an `Accept` header, in the order in which the client prefers them.
#[derive(Clone, Debug)]
pub struct Accept<'a> {
    ranges: Vec<MediaRange<'a>>,
}

/// One media range, for example `application/json;as=Table;v=v1;g=meta.k8s.io`.
#[derive(Clone, Debug)]
struct MediaRange<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality_per_mille: u16,
}

/// Ranges beyond this number are not looked at.
const RANGES_MAX: usize = 32;

impl<'a> Accept<'a> {
    /// Reads a header value; an empty one takes anything.
    pub fn of(value: &'a str) -> Self {
        let value = if value.trim().is_empty() { "*/*" } else { value };
        let mut ranges: Vec<_> = value.split(',').take(RANGES_MAX).map(MediaRange::of).collect();
        ranges.retain(|range| range.quality_per_mille > 0);
        // Stable: among equals the order of the header counts.
        ranges.sort_by_key(|range| std::cmp::Reverse(range.quality_per_mille));
        Self { ranges }
    }

    /// The first of `offers` that the client's most preferred range takes.
    ///
    /// An offer is a media type with all its parameters. A range without parameters takes only an
    /// offer without any: a plain `application/json` asks for no aggregated or tabular form.
    pub fn choose(&self, offers: &[&'static str]) -> Option<&'static str> {
        let offers: Vec<_> = offers.iter().map(|offer| (MediaRange::of(offer), *offer)).collect();
        self.ranges.iter().find_map(|range| {
            offers.iter().find(|(offer, _)| range.takes(offer)).map(|(_, text)| *text)
        })
    }
}

impl<'a> MediaRange<'a> {
    fn of(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let mut parameters = Vec::new();
        let mut quality_per_mille = 1000;
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            if key == "q" {
                let quality: f32 = value.parse().unwrap_or(1.0);
                quality_per_mille = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            } else if key != "charset" && key != "profile" {
                parameters.push((key, value));
            }
        }
        Self { name, parameters, quality_per_mille }
    }

    fn takes(&self, offer: &MediaRange<'_>) -> bool {
        let same_name = match self.name {
            "*/*" | "*" => true,
            name => match name.strip_suffix("/*") {
                Some(family) => offer.name.split('/').next() == Some(family),
                None => name.eq_ignore_ascii_case(offer.name),
            },
        };
        same_name
            && self.parameters.len() == offer.parameters.len()
            && self.parameters.iter().all(|pair| offer.parameters.contains(pair))
    }
}

#[cfg(test)]
mod tests {
    use super::Accept;

    const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const PLAIN: &str = "application/json";
    const OFFERS: [&str; 2] = [V2, PLAIN];

    #[test]
    fn the_clients_order_decides() {
        let cases = [
            ("", Some(PLAIN)),
            ("*/*", Some(PLAIN)),
            ("application/json", Some(PLAIN)),
            ("application/json, */*", Some(PLAIN)),
            ("application/*", Some(PLAIN)),
            ("application/vnd.kubernetes.protobuf,application/json", Some(PLAIN)),
            ("application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io", Some(V2)),
            (
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                 application/json",
                Some(V2),
            ),
            (
                "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,\
                 application/json;q=0.5",
                Some(PLAIN),
            ),
            ("application/json;q=0", None),
            ("text/html", None),
            (";;,,=", None),
        ];
        for (header, wanted) in cases {
            assert_eq!(Accept::of(header).choose(&OFFERS), wanted, "{header:?}");
        }
    }
}
