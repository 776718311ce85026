//! werf's functions in templates.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::chart::werf::Werf;
use crate::model::secret::Secret;
use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Functions;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::value::Value;

/// How alike an unknown name must be to one that exists for it to be offered.
const ALIKE: f64 = 0.6;

/// The helpers that name images: each takes a name and the dot, one by one or as a list.
const IMAGES: &[Function] = &[
    Function::variadic("werf_container_image", &[], Param::Any, container_image),
    Function::variadic("werf_container_env", &[], Param::Any, container_env),
    Function::variadic("image", &[], Param::Any, image),
    Function::variadic("image_id", &[], Param::Any, image_id),
];

pub(super) fn add(werf: &Werf, functions: &mut Functions) {
    functions.add_all(IMAGES);
    let text = Signature::new(&[Param::Text]);
    let env = Rc::new(werf.env.clone());
    let for_expansion = env.clone();
    let variable = move |_: &mut Context<'_>, args: Args<'_>| {
        Ok(Value::from(env.get(&args.text(0)?.to_string()).cloned().unwrap_or_default()))
    };
    functions.add_host("env", text, Rc::new(variable));
    let expand =
        move |_: &mut Context<'_>, args: Args<'_>| Ok(expanded(&args.text(0)?.to_string(), &for_expansion).into());
    functions.add_host("expandenv", text, Rc::new(expand));
    let files = Rc::new(werf.secret_files.clone());
    let secret = move |_: &mut Context<'_>, args: Args<'_>| secret_file(&args.text(0)?.to_string(), &files);
    functions.add_host("werf_secret_file", text, Rc::new(secret));
}

fn secret_file(path: &str, files: &BTreeMap<String, Secret>) -> Result<Value, FunctionError> {
    match files.get(path) {
        Some(content) => Ok(content.reveal().into()),
        None => {
            Err(FunctionError::Raised(format!("secret file `{path}` does not exist; {}", known(files.keys(), path))))
        }
    }
}

/// Go's `os.ExpandEnv`: `$name` and `${name}`; what is not known is empty.
fn expanded(text: &str, env: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        let (name, end) = variable_name(behind);
        match name {
            Some(name) => out.push_str(env.get(name).map_or("", String::as_str)),
            None if end == 0 => out.push('$'),
            None => {}
        }
        rest = &behind[end..];
    }
    out + rest
}

/// The name behind a dollar sign, and where it ends. Bad syntax has no name and is swallowed, as in Go.
fn variable_name(text: &str) -> (Option<&str>, usize) {
    let is_special = |byte: u8| matches!(byte, b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-' | b'0'..=b'9');
    match text.as_bytes() {
        [b'{', ..] => match text.find('}') {
            Some(1) => (None, 2),
            Some(end) => (Some(&text[1..end]), end + 1),
            None => (None, 1),
        },
        [first, ..] if is_special(*first) => (Some(&text[..1]), 1),
        _ => {
            let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
            (Some(&text[..end]).filter(|name| !name.is_empty()), end)
        }
    }
}

fn container_image(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let target = Target::of(args)?;
    let image = target.text("docker_image")?;
    let pull = if target.tag_moves() { "\nimagePullPolicy: Always" } else { "" };
    Ok(format!("image: {image}{pull}").into())
}

/// Pods are only told the image's id where the tag alone does not tell that the image changed.
fn container_env(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let target = Target::of(args)?;
    if !target.tag_moves() {
        return Ok("".into());
    }
    let id = target.text("docker_image_id")?;
    Ok(format!("- name: DOCKER_IMAGE_ID\n  value: {id}").into())
}

fn image(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Target::of(args)?.text("docker_image")?.into())
}

fn image_id(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Target::of(args)?.text("docker_image_id")?.into())
}

/// The image that a template speaks of.
struct Target {
    werf: Map,
    image: Map,
}

impl Target {
    fn of(args: Args<'_>) -> Result<Self, FunctionError> {
        let args = match args.all() {
            [Value::List(list)] => list.items(),
            all => all.to_vec(),
        };
        let (name, dot) = match args.as_slice() {
            [dot] => (None, dot),
            [Value::Text(name), dot] => (Some(name.to_string()), dot),
            _ => return raise("give the image's name and the dot: `tuple \"NAME\" .`"),
        };
        let table = |map: &Map, key: &str| map.get(key).and_then(|value| value.as_map());
        let values = dot.as_map().and_then(|dot| table(&dot, "Values"));
        let werf = values.and_then(|values| table(&values, "global")).and_then(|global| table(&global, "werf"));
        let Some(werf) = werf else {
            return raise(
                "there is no `.Values.global.werf` here: the second argument must be the dot of a template (`$` inside of `range` and `with`)",
            );
        };
        let image = Self::image(&werf, name.as_deref())?;
        Ok(Self { werf, image })
    }

    fn image(werf: &Map, name: Option<&str>) -> Result<Map, FunctionError> {
        let images = werf.get("image").and_then(|images| images.as_map()).unwrap_or_default();
        let nameless = matches!(werf.get("is_nameless_image"), Some(Value::Bool(true)));
        match (name, nameless) {
            (None, true) => Ok(images),
            (None, false) => raise(format!("the name of an image is missing; {}", listed(&images, ""))),
            (Some(name), true) => {
                raise(format!("image `{name}` does not exist: the only image of werf.yaml has no name, use `tuple .`"))
            }
            (Some(name), false) => match images.get(name).and_then(|image| image.as_map()) {
                Some(image) => Ok(image),
                None => raise(format!("image `{name}` does not exist in werf.yaml; {}", listed(&images, name))),
            },
        }
    }

    fn text(&self, key: &str) -> Result<String, FunctionError> {
        match self.image.get(key) {
            Some(Value::Text(text)) => Ok(text.to_string()),
            _ => raise(format!("`{key}` is not known: it is told only for images tagged by branch or by a custom tag")),
        }
    }

    /// Whether another image can be published under the same tag.
    fn tag_moves(&self) -> bool {
        let ci = self.werf.get("ci").and_then(|ci| ci.as_map()).unwrap_or_default();
        ["is_branch", "is_custom"].iter().any(|key| ci.get(key).is_some_and(|value| value.is_true()))
    }
}

fn listed(images: &Map, name: &str) -> String {
    let names: Vec<String> = images.keys().iter().map(ToString::to_string).collect();
    known(names.iter(), name)
}

/// Says what exists, and which of it is meant most likely.
fn known<'n>(names: impl Iterator<Item = &'n String>, wanted: &str) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        return "there are none".to_owned();
    }
    let likeness = |name: &str| strsim::jaro_winkler(name, wanted);
    let nearest = names.iter().copied().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let offer = match nearest.filter(|name| likeness(name) >= ALIKE) {
        Some(name) => format!(", did you mean `{name}`?"),
        None => String::new(),
    };
    format!("there are: {}{offer}", names.join(", "))
}

fn raise<T>(text: impl Into<String>) -> Result<T, FunctionError> {
    Err(FunctionError::Raised(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_expand_as_in_go() {
        let env = BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B_2".to_owned(), "two".to_owned())]);
        let cases = [
            ("$A-${B_2}.$C", "1-two."),
            ("cost: 5$", "cost: 5$"),
            ("$ A", "$ A"),
            ("${}x${", "x"),
            ("$AB ${A}B", " 1B"),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text, &env), expected, "{text}");
        }
    }

    #[test]
    fn what_exists_is_told_with_the_nearest() {
        let names = ["backend".to_owned(), "static".to_owned()];
        assert_eq!(known(names.iter(), "statuc"), "there are: backend, static, did you mean `static`?");
        assert_eq!(known(names.iter(), "zzz"), "there are: backend, static");
        assert_eq!(known([].iter(), "x"), "there are none");
    }
}
