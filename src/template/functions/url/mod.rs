//! Sprig's functions on URLs, as Go's `net/url` understands them.

mod address;
mod escape;

use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

use address::Url;
use address::User;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("urlParse", &[Param::Text], url_parse), Function::new("urlJoin", &[Param::Map], url_join)];

fn url_parse(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let url = Url::parse(args.text(0)?).map_err(|error| FunctionError::new(format!("unable to parse url: {error}")))?;
    let map = Map::new();
    let entries = [
        ("hostname", url.hostname().to_vec()),
        ("userinfo", url.user.as_ref().map(User::escaped).unwrap_or_default()),
        ("scheme", url.scheme),
        ("host", url.host),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
    ];
    for (key, value) in entries {
        map.insert(key, Value::Text(value.into()));
    }
    Ok(map.into())
}

fn url_join(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let parts = args.map(0)?;
    let mut url = Url {
        scheme: part(&parts, "scheme")?,
        host: part(&parts, "host")?,
        path: part(&parts, "path")?,
        query: part(&parts, "query")?,
        opaque: part(&parts, "opaque")?,
        fragment: part(&parts, "fragment")?,
        ..Url::default()
    };
    let user = part(&parts, "userinfo")?;
    if !user.is_empty() {
        let with_user = [b"proto://", &user[..], b"@host"].concat();
        let parsed = Url::parse(&with_user)
            .map_err(|error| FunctionError::new(format!("unable to parse userinfo in dict: {error}")))?;
        url.user = parsed.user;
    }
    Ok(Value::Text(url.written().into()))
}

/// The text under that key; empty if there is none.
fn part(parts: &Map, key: &str) -> Result<Vec<u8>, FunctionError> {
    match parts.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Text(text)) => Ok(text.to_vec()),
        Some(Value::Nil) => Err(FunctionError::nil_dereference()),
        Some(other) => Err(FunctionError::new(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.kind().name()
        ))),
    }
}
