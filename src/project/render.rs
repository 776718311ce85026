//! Rendering: werf.yaml and `.werf/**/*.tmpl` are one set of Go templates, and the result is text.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::project::error::ProjectError;
use crate::template::Templates;
use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Functions;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::options::MissingKey;
use crate::template::options::NoValue;
use crate::template::options::Options;
use crate::template::value::Value;
use crate::template::world::World;

/// The project's files as templates may read them.
pub trait ProjectFiles {
    /// The content of the file at `path` below the project's directory; nothing if there is none.
    fn get(&self, path: &str) -> Option<Vec<u8>>;

    /// Path and content of the files that `pattern` matches; `**` stands for any number of directories.
    fn glob(&self, pattern: &str) -> BTreeMap<String, Vec<u8>>;
}

/// What a werf.yaml is rendered from.
pub struct Source {
    /// The text of werf.yaml.
    pub text: String,
    /// The templates beside it: path below their directory, and text.
    pub templates: Vec<(String, String)>,
    /// What `.Files` reads.
    pub files: Rc<dyn ProjectFiles>,
    /// What `env` and `expandenv` read.
    pub environment: BTreeMap<String, String>,
}

/// A werf.yaml that was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text, documents and all.
    pub text: String,
    /// Files that `.Files.Get` was asked for and that are not there, each once.
    pub missing_files: Vec<String>,
}

/// The name of werf.yaml in the messages of its templates.
const NAME: &str = "werfConfig";

/// Functions of Helm's charts that werf.yaml does not have.
const NOT_HERE: &[&str] = &["toYaml", "toYamlPretty", "fromYamlArray", "fromJsonArray", "toToml", "fromToml", "lookup"];

/// Renders `source`.
///
/// # Errors
///
/// When a template cannot be parsed or fails; the message is Go's, the line is that of werf.yaml if it is known.
pub fn render(source: &Source, world: &mut dyn World) -> Result<Rendered, ProjectError> {
    let options = Options {
        name: NAME.to_owned(),
        missing_key: MissingKey::Invalid,
        no_value: NoValue::Keep,
        ..Options::default()
    };
    let mut templates = Templates::new(functions(&source.environment), options);
    for (name, text) in &source.templates {
        templates.add(name, text).map_err(|error| failed(&error))?;
    }
    templates.add(NAME, &source.text).map_err(|error| failed(&error))?;
    let missing = Rc::new(RefCell::new(Vec::new()));
    let root = Map::new();
    root.insert("Files", Value::object(Files { files: source.files.clone(), missing: missing.clone() }));
    let text = templates.render(NAME, root.into(), world).map_err(|error| failed(&error))?;
    let missing_files = missing.borrow().clone();
    Ok(Rendered { text: text.lossy().into_owned(), missing_files })
}

fn failed(error: &dyn std::error::Error) -> ProjectError {
    let text = error.to_string();
    let hint = text
        .contains("not defined")
        .then(|| "functions are those of sprig, and `include`, `tpl`, `fromYaml`, `required`".to_owned());
    ProjectError { line: line_in(&text), hint, ..ProjectError::new(text) }
}

/// The line that `template: werfConfig:LINE…` tells.
fn line_in(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once(&format!("template: {NAME}:"))?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn functions(environment: &BTreeMap<String, String>) -> Functions {
    let mut functions = Functions::helm();
    for name in NOT_HERE {
        functions.remove(name);
    }
    let variables = Rc::new(environment.clone());
    let read = variables.clone();
    let env = move |_: &mut Context<'_>, args: Args<'_>| {
        Ok(read.get(&*args.text(0)?.lossy()).map_or_else(|| Value::from(""), |value| Value::from(value.as_str())))
    };
    functions.add_host("env", Signature::new(&[Param::Text]), Rc::new(env));
    let expand = move |_: &mut Context<'_>, args: Args<'_>| Ok(expand(&args.text(0)?.lossy(), &variables).into());
    functions.add_host("expandenv", Signature::new(&[Param::Text]), Rc::new(expand));
    functions
}

/// `$NAME` and `${NAME}` filled in; a name that is not set is nothing.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, next) = variable_name(after);
        match name {
            Some(name) => out.push_str(variables.get(name).map_or("", String::as_str)),
            None => out.push('$'),
        }
        rest = next;
    }
    out + rest
}

/// The name behind a `$`, and the text behind the name.
fn variable_name(text: &str) -> (Option<&str>, &str) {
    if let Some((name, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return (Some(name), rest);
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    if end == 0 { (None, text) } else { (Some(&text[..end]), &text[end..]) }
}

/// `.Files`.
struct Files {
    files: Rc<dyn ProjectFiles>,
    missing: Rc<RefCell<Vec<String>>>,
}

impl Files {
    fn get(&self, path: &str) -> Value {
        let Some(content) = self.files.get(path) else {
            let mut missing = self.missing.borrow_mut();
            if !missing.iter().any(|known| known == path) {
                missing.push(path.to_owned());
            }
            return Value::from("");
        };
        Value::from(crate::template::text::Text::from(content))
    }

    fn glob(&self, pattern: &str) -> Value {
        let found = Map::new();
        for (path, content) in self.files.glob(pattern) {
            found.insert(path, crate::template::text::Text::from(content));
        }
        found.into()
    }
}

impl Object for Files {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed("config.files")
    }

    fn shape(&self) -> Shape {
        Shape::Struct(Vec::new())
    }

    fn method(&self, name: &str) -> Option<Signature> {
        matches!(name, "Get" | "Glob").then(|| Signature::new(&[Param::Text]))
    }

    fn call(&self, name: &str, _: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        let argument = args.text(0)?.lossy();
        match name {
            "Get" => Ok(self.get(&argument)),
            "Glob" => Ok(self.glob(&argument)),
            _ => Err(FunctionError::new(format!("no method {name}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::expand;
    use super::line_in;

    #[test]
    fn variables_are_expanded_as_gos_os_expand_does() {
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        assert_eq!(expand("x$A-${A}y$B$", &variables), "x1-1y$");
    }

    #[test]
    fn the_line_of_werf_yaml_is_found_in_gos_message() {
        assert_eq!(line_in("template: werfConfig:5: function \"nosuch\" not defined"), Some(5));
        assert_eq!(line_in("template: other.tmpl:5: x"), None);
    }
}
