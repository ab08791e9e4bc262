//! Which texts are addresses on the web. Knows texts; must not know who opens them.

/// True for a text that is an address on the web, by `http` or `https`, and nothing else.
#[must_use]
pub fn is_link(text: &str) -> bool {
    let text = text.trim();
    let is_web = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && text.len() > scheme.len()
    });
    is_web && !text.contains(|c: char| c.is_whitespace() || crate::model::text::is_deceptive(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_the_web_can_be_opened() {
        for link in ["https://example.org", " http://10.0.0.7/a?b ", "HTTPS://Example.org/ü"] {
            assert!(is_link(link), "{link}");
        }
        for other in [
            "example.org",
            "https://",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "see https://example.org",
            "https://example.org and more",
            "https://example.org/\u{202e}gpj.exe",
        ] {
            assert!(!is_link(other), "{other}");
        }
    }
}
