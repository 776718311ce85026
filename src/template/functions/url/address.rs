//! URLs in their parts.

use std::net::Ipv6Addr;

use crate::template::format;
use crate::template::functions::url::escape::Part;
use crate::template::functions::url::escape::escape;
use crate::template::functions::url::escape::unescape;

/// Who a URL speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl User {
    /// As it stands in a URL.
    pub(super) fn escaped(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::User));
        }
        out
    }
}

/// A URL. The parts are without escapes, but for the query and the opaque part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Url {
    pub(super) scheme: Vec<u8>,
    /// What stands behind the scheme where that is no path.
    pub(super) opaque: Vec<u8>,
    pub(super) user: Option<User>,
    /// The host with its port.
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) query: Vec<u8>,
    pub(super) fragment: Vec<u8>,
}

/// The text before and behind the first `mark`; nothing behind where there is none.
fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == mark) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

impl Url {
    /// Reads a URL; Go's complaint if it is none.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let told = |whole: &[u8], what: String| format!("parse {}: {what}", format::quoted(whole));
        let mut url = Self::without_fragment(before).map_err(|what| told(before, what))?;
        url.fragment = unescape(fragment.unwrap_or_default(), Part::Fragment).map_err(|what| told(text, what))?;
        Ok(url)
    }

    fn without_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text == b"*" {
            return Ok(Self { path: text.to_vec(), ..Self::default() });
        }
        let (scheme, rest) = scheme(text)?;
        let (rest, query) = cut(rest, b'?');
        let mut url =
            Self { scheme: scheme.to_ascii_lowercase(), query: query.unwrap_or_default().to_vec(), ..Self::default() };
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let has_authority = rest.starts_with(b"//") && (!scheme.is_empty() || !rest.starts_with(b"///"));
        let path = if has_authority { url.read_authority(&rest[2..])? } else { rest };
        url.path = unescape(path, Part::Path)?;
        Ok(url)
    }

    /// Takes user and host, and gives the path that follows.
    fn read_authority<'a>(&mut self, text: &'a [u8]) -> Result<&'a [u8], String> {
        let end = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
        let (authority, path) = text.split_at(end);
        let at = authority.iter().rposition(|byte| *byte == b'@');
        self.host = host(&self.scheme, at.map_or(authority, |at| &authority[at + 1..]))?;
        self.user = at.map(|at| user(&authority[..at])).transpose()?;
        Ok(path)
    }

    /// The host without port and brackets.
    pub(super) fn hostname(&self) -> &[u8] {
        let colon = self.host.iter().rposition(|byte| *byte == b':');
        let without_port = colon.filter(|at| is_port(&self.host[*at..])).map_or(&self.host[..], |at| &self.host[..at]);
        let inner = without_port.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
        inner.unwrap_or(without_port)
    }

    /// As a text.
    pub(super) fn written(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_authority(&mut out);
            self.write_path(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escape(&self.fragment, Part::Fragment));
        }
        out
    }

    fn write_authority(&self, out: &mut Vec<u8>) {
        if self.scheme.is_empty() && self.host.is_empty() && self.user.is_none() {
            return;
        }
        if !self.host.is_empty() || !self.path.is_empty() || self.user.is_some() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend(user.escaped());
            out.push(b'@');
        }
        out.extend(escape(&self.host, Part::Host));
    }

    fn write_path(&self, out: &mut Vec<u8>) {
        let path = if self.path == b"*" { self.path.clone() } else { escape(&self.path, Part::Path) };
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        // What looks like a scheme is none.
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    }
}

/// The scheme, and what follows its colon.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let end = text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len());
    match (end, text.get(end)) {
        (0, Some(b':')) => Err("missing protocol scheme".to_owned()),
        (_, Some(b':')) if text[0].is_ascii_alphabetic() => Ok((&text[..end], &text[end + 1..])),
        _ => Ok((&[], text)),
    }
}

fn user(text: &[u8]) -> Result<User, String> {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !text.iter().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(text, b':');
    let name = unescape(name, Part::User)?;
    Ok(User { name, password: password.map(|password| unescape(password, Part::User)).transpose()? })
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    text.split_first().is_none_or(|(colon, digits)| *colon == b':' && digits.iter().all(u8::is_ascii_digit))
}

fn check_port(text: &[u8]) -> Result<(), String> {
    if is_port(text) { Ok(()) } else { Err(format!("invalid port {} after host", format::quoted(text))) }
}

fn host(scheme: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    match text.iter().rposition(|byte| *byte == b'[') {
        Some(0) => return literal(text),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Some database URLs list hosts with ports; only the last can then be checked.
    let is_web = scheme == b"http" || scheme == b"https";
    let is_colon = |byte: &u8| *byte == b':';
    let colon = if is_web { text.iter().position(is_colon) } else { text.iter().rposition(is_colon) };
    if let Some(colon) = colon {
        check_port(&text[colon..])?;
    }
    unescape(text, Part::Host)
}

/// An IPv6 address in brackets, with a zone and a port perhaps.
fn literal(text: &[u8]) -> Result<Vec<u8>, String> {
    let close = text.iter().rposition(|byte| *byte == b']').ok_or_else(|| "missing ']' in host".to_owned())?;
    check_port(&text[close + 1..])?;
    let port = unescape(&text[close + 1..], Part::Host)?;
    let inside = &text[1..close];
    let zone = inside.windows(3).position(|part| part == b"%25").unwrap_or(inside.len());
    let address = [unescape(&inside[..zone], Part::Host)?, unescape(&inside[zone..], Part::Zone)?].concat();
    check_address(&String::from_utf8_lossy(&address))?;
    Ok([b"[", &address[..], b"]", &port].concat())
}

fn check_address(text: &str) -> Result<(), String> {
    let told = |what: &str| Err(format!("invalid host: ParseAddr({}): {what}", format::quoted(text.as_bytes())));
    let address = text.split('%').next().unwrap_or_default();
    match address.find([':', '.']).map(|at| &address[at..=at]) {
        Some(":") if address.parse::<Ipv6Addr>().is_ok() => Ok(()),
        Some(".") if address.parse::<std::net::Ipv4Addr>().is_ok() => Err("invalid IP-literal".to_owned()),
        _ => told("unable to parse IP"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::Url;

    proptest! {
        #[test]
        fn what_is_read_can_be_written_and_read_again(text in "(http|x)://([a-z]{1,5}@)?[a-z.]{1,10}(:[0-9]{1,4})?(/[a-zé%+ ]{0,8}){0,3}") {
            if let Ok(url) = Url::parse(text.as_bytes()) {
                assert_eq!(Url::parse(&url.written()), Ok(url));
            }
        }
    }
}
