//! What a registry demands in `WWW-Authenticate`.

/// How a registry wants to be convinced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token that another server gives.
    Bearer {
        /// The token server's address.
        realm: String,
        /// Whom the token is for.
        service: Option<String>,
        /// What it must allow, such as `repository:group/app:pull,push`.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads the header's value; nothing for a scheme that we do not know.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameters = parameters(rest);
        let get = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Some(Self::Bearer { realm: get("realm")?, service: get("service"), scope: get("scope") })
    }
}

/// `key="value",key=value`: commas inside quotes belong to the value.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.push((key.trim_matches([' ', ',']).to_ascii_lowercase(), value.trim().to_owned()));
        rest = next.trim_start_matches([' ', ',']);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    #[test]
    fn challenges() {
        assert_eq!(Challenge::parse("Basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(Challenge::parse("Negotiate"), None);
        assert_eq!(Challenge::parse("Bearer service=\"x\""), None);
        let bearer = Challenge::parse("Bearer realm=\"https://a/t\",service=\"b\",scope=\"repository:x:pull,push\"");
        let expected = Challenge::Bearer {
            realm: "https://a/t".to_owned(),
            service: Some("b".to_owned()),
            scope: Some("repository:x:pull,push".to_owned()),
        };
        assert_eq!(bearer, Some(expected));
    }
}
