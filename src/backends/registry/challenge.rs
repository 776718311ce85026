//! How a registry wants to be told who we are: its `WWW-Authenticate` header.

use reqwest::header;
use reqwest::header::HeaderMap;

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token from another server.
    Bearer {
        /// Where tokens are had.
        realm: String,
        /// The name of the registry there; empty for none.
        service: String,
    },
}

impl Challenge {
    /// The first challenge that we can meet; a token before a password.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::WWW_AUTHENTICATE);
        let challenges: Vec<_> = values.iter().filter_map(|value| parse(value.to_str().ok()?)).collect();
        let bearer = challenges.iter().find(|challenge| matches!(challenge, Self::Bearer { .. }));
        bearer.or(challenges.first()).cloned()
    }
}

fn parse(value: &str) -> Option<Challenge> {
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service) = (String::new(), String::new());
    for (key, value) in parameters(rest) {
        match key.as_str() {
            "realm" => realm = value,
            "service" => service = value,
            _ => {}
        }
    }
    (!realm.is_empty()).then_some(Challenge::Bearer { realm, service })
}

/// `key="value", key=value`; commas inside quotes belong to the value.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim_matches(|character: char| character == ',' || character.is_whitespace());
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((key.to_ascii_lowercase(), value.trim().to_owned()));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use reqwest::header::WWW_AUTHENTICATE;

    use super::Challenge;

    fn of(values: &[&'static str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let bearer = |realm: &str, service: &str| {
            Some(Challenge::Bearer { realm: realm.to_owned(), service: service.to_owned() })
        };
        let gitlab = r#"Bearer realm="https://gitlab.example/jwt/auth",service="container_registry",scope="repository:a:pull,push""#;
        assert_eq!(of(&[gitlab]), bearer("https://gitlab.example/jwt/auth", "container_registry"));
        assert_eq!(of(&["bearer realm=https://a.example/t, service=x"]), bearer("https://a.example/t", "x"));
        assert_eq!(of(&["Basic realm=\"x\""]), Some(Challenge::Basic));
        assert_eq!(of(&["Basic", r#"Bearer realm="r""#]), bearer("r", ""));
        assert_eq!([of(&[]), of(&["Negotiate"]), of(&["Bearer service=\"x\""])], [None, None, None]);
    }
}
