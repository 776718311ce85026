//! The functions a template can call, a file a family.
//!
//! # How to add one
//!
//! 1. Write it as a plain Rust function `fn upper(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError>`
//!    in the file of its family. `args.text(0)?`, `args.int(1)?`, `args.map(0)?` … read the arguments; a variadic
//!    function finds the rest in `args.from(n)`.
//! 2. Add a line to the family's `FUNCTIONS`: its name in templates, its Go parameter types, the Rust function:
//!    `Function::new("upper", &[Param::Text], upper)`, or `Function::variadic("quote", &[], Param::Any, quote)`.
//! 3. A new family also needs its line in `SPRIG`.
//!
//! The parameter types are Go's. By them the interpreter checks and converts *before* the call, with Go's exact texts,
//! at the argument's own position: the number of arguments, `wrong type for value; expected string; got float64`, nil
//! for a type that cannot be nil, a literal `1` for a `float64` parameter. So the function gets what it declared:
//! `Param::Any` may be anything, [`Value::Nil`] too.
//!
//! An error is what Go's function returns (or panics with) and nothing more: the interpreter puts
//! `error calling upper: ` and the position in front. Never a panic: what would panic in Go is an `Err` here.

#![expect(clippy::unnecessary_wraps, reason = "every function has the signature of `Run`, also one that cannot fail")]

mod args;
mod callable;
mod casing;
mod cast;
mod compare;
mod crypto;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod documents;
mod elements;
mod encoding;
mod equal;
mod escape;
mod letters;
mod lists;
mod logic;
mod network;
mod numeric;
mod paths;
mod print;
mod radix;
mod random;
mod reflection;
mod regex;
mod render;
mod semver;
mod strings;
mod url;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use crate::template::context::Context;
use crate::template::error::RenderError;
use crate::template::value::Value;

use callable::Code;

pub use args::Args;
pub use callable::Callable;
pub use callable::Host;
pub(in crate::template) use callable::Special;
pub(in crate::template) use cast::strval;
pub(in crate::template) use cast::to_float64;
pub(in crate::template) use cast::to_int64;
pub(in crate::template) use elements::length;
pub(in crate::template) use elements::slice;
pub(in crate::template) use elements::zero;
pub(in crate::template) use equal::deep_equal;

/// The Go type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// `interface {}`: takes anything.
    Any,
    /// `string`.
    Text,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int64`.
    Int64,
    /// `float64`.
    Float,
    /// `map[string]interface {}`, also under another name such as `chartutil.Values`.
    Map,
    /// `[]interface {}`.
    List,
    /// `[]string`.
    Strings,
    /// `[]uint8`.
    Bytes,
    /// An object of the type of that name, such as `time.Time`.
    Object(&'static str),
    /// `reflect.Value`: anything, and with it whether it is there at all. For the functions of text/template itself.
    Reflect,
}

impl Param {
    /// The type as Go's messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Text => "string",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Float => "float64",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Strings => "[]string",
            Self::Bytes => "[]uint8",
            Self::Object(name) => name,
            Self::Reflect => "reflect.Value",
        }
    }
}

/// What a function or method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The parameters that must be there.
    pub params: &'static [Param],
    /// The type of any further ones; nothing if the function is not variadic.
    pub rest: Option<Param>,
}

impl Signature {
    /// A fixed number of parameters.
    pub const fn new(params: &'static [Param]) -> Self {
        Self { params, rest: None }
    }

    /// Any number of parameters beyond `params`.
    pub const fn variadic(params: &'static [Param], rest: Param) -> Self {
        Self { params, rest: Some(rest) }
    }

    /// The type of the argument at `index`, counted from 0.
    pub fn param(&self, index: usize) -> Option<Param> {
        self.params.get(index).copied().or(self.rest)
    }
}

/// What every function is in Rust.
pub type Run = fn(&mut Context<'_>, Args<'_>) -> Result<Value, FunctionError>;

/// A function, as the families list theirs.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name in templates.
    pub name: &'static str,
    /// What it takes.
    pub signature: Signature,
    /// What it does.
    pub run: Run,
}

impl Function {
    /// A function of a fixed number of parameters.
    pub const fn new(name: &'static str, params: &'static [Param], run: Run) -> Self {
        Self { name, signature: Signature::new(params), run }
    }

    /// A function of any number of parameters beyond `params`.
    pub const fn variadic(name: &'static str, params: &'static [Param], rest: Param, run: Run) -> Self {
        Self { name, signature: Signature::variadic(params, rest), run }
    }
}

/// Why a function gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// What Go's function returns as its error. Shown behind `error calling NAME: `.
    #[error("{0}")]
    Failed(Cow<'static, str>),
    /// What `fail` and `required` say to the user, through all levels of templates.
    #[error("{0}")]
    Raised(String),
    /// The argument at `index` (from 0) is not what is declared. Shown at the argument, without the function's name.
    #[error("{message}")]
    Argument {
        /// Which argument, counted from 0.
        index: usize,
        /// Go's text.
        message: String,
    },
    /// The rendering cannot go on: a limit is reached. The message names the place and is not wrapped on its way out.
    #[error("{0}")]
    Stopped(String),
    /// A template that the function rendered failed. Its message stands behind `prefix`.
    #[error("{prefix}{error}")]
    Nested {
        /// What the function says in front.
        prefix: String,
        /// Why the template failed.
        error: Box<RenderError>,
    },
}

impl FunctionError {
    /// An error with Go's text.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Failed(message.into())
    }

    /// The text of a Go panic on a nil pointer, which many of sprig's functions answer nil with.
    pub fn nil_dereference() -> Self {
        Self::new("runtime error: invalid memory address or nil pointer dereference")
    }
}

/// The families of text/template itself.
const STANDARD: &[&[Function]] =
    &[compare::FUNCTIONS, elements::FUNCTIONS, escape::FUNCTIONS, logic::FUNCTIONS, print::FUNCTIONS];

/// Sprig's families.
const SPRIG: &[&[Function]] = &[
    strings::FUNCTIONS,
    casing::FUNCTIONS,
    crypto::FUNCTIONS,
    dates::FUNCTIONS,
    decimal::FUNCTIONS,
    defaults::FUNCTIONS,
    dicts::FUNCTIONS,
    documents::SPRIG,
    encoding::FUNCTIONS,
    lists::FUNCTIONS,
    network::FUNCTIONS,
    numeric::FUNCTIONS,
    paths::FUNCTIONS,
    random::FUNCTIONS,
    reflection::FUNCTIONS,
    regex::FUNCTIONS,
    semver::FUNCTIONS,
    url::FUNCTIONS,
    words::FUNCTIONS,
];

/// Helm's families.
const HELM: &[&[Function]] = &[documents::HELM, render::FUNCTIONS];

/// The functions that a set of templates may call. A later addition replaces an earlier one of the same name.
#[derive(Debug, Clone, Default)]
pub struct Functions(HashMap<Rc<str>, Rc<Callable>>);

impl Functions {
    /// Those of text/template itself.
    pub fn standard() -> Self {
        let mut functions = Self::default();
        functions.add_families(STANDARD);
        for special in [Special::And, Special::Or, Special::Len, Special::Slice, Special::Call] {
            functions.mark(special);
        }
        functions
    }

    /// Those and sprig's text functions, without what needs the environment (`env`, `expandenv`).
    pub fn sprig() -> Self {
        let mut functions = Self::standard();
        functions.add_families(SPRIG);
        functions
    }

    /// Those and Helm's.
    pub fn helm() -> Self {
        let mut functions = Self::sprig();
        functions.add_families(HELM);
        functions
    }

    /// Adds each of `family`.
    pub fn add_all(&mut self, family: &[Function]) {
        for function in family {
            self.put(function.name.into(), function.signature, Code::Plain(function.run));
        }
    }

    /// Adds a function that remembers something.
    pub fn add_host(&mut self, name: &str, signature: Signature, host: Host) {
        self.put(name.into(), signature, Code::Host(host));
    }

    /// Takes a function away.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The function of that name.
    pub fn get(&self, name: &str) -> Option<&Rc<Callable>> {
        self.0.get(name)
    }

    /// The names of all, sorted.
    pub fn names(&self) -> Vec<Rc<str>> {
        let mut names: Vec<_> = self.0.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    fn add_families(&mut self, families: &[&[Function]]) {
        for family in families {
            self.add_all(family);
        }
    }

    fn put(&mut self, name: Rc<str>, signature: Signature, code: Code) {
        self.0.insert(name.clone(), Rc::new(Callable { name, signature, code, special: None }));
    }

    fn mark(&mut self, special: Special) {
        if let Some(callable) = self.0.get_mut(special.name()) {
            Rc::make_mut(callable).special = Some(special);
        }
    }
}

/// Calls the function `name` of [`Functions::sprig`] in a seeded world, for the families' tests.
///
/// The signature is not applied: give what is declared.
#[cfg(test)]
pub(in crate::template) fn call_for_test(name: &str, args: &[Value]) -> Result<Value, String> {
    let mut world = crate::template::world::SeededWorld::default();
    let functions = Functions::sprig();
    let function = functions.get(name).ok_or_else(|| format!("function {name:?} not defined"))?;
    function.call(&mut Context::new(&mut world), Args::new(args)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::Args;
    use super::Functions;
    use super::Signature;
    use crate::template::context::Context;
    use crate::template::value::Value;
    use crate::template::world::SeededWorld;

    #[test]
    fn a_function_of_the_host_remembers_and_replaces() {
        let mut functions = Functions::sprig();
        let greeting = Value::from("hello");
        functions.add_host("upper", Signature::new(&[]), Rc::new(move |_, _| Ok(greeting.clone())));
        let mut world = SeededWorld::default();
        let upper = functions.get("upper").cloned().unwrap();
        let result = upper.call(&mut Context::new(&mut world), Args::new(&[])).unwrap();
        assert_eq!(result.as_text().unwrap().bytes(), b"hello");
    }
}
