//! Values with fields and methods of their own: `.Files`, `.Capabilities`, times, versions.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Signature;
use crate::template::text::Text;
use crate::template::value::Kind;
use crate::template::value::Value;

/// What an object is made of underneath: ranging, indexing, printing, truth and JSON follow from it.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A struct: its exported fields by their Go names, in their order.
    Struct(Vec<(&'static str, Value)>),
    /// A named map, such as `engine.files`.
    Map(Map),
    /// A named list, such as `chartutil.VersionSet`.
    List(List),
    /// A named number or string, such as `time.Month`.
    Scalar(Value),
}

/// A Go value of a named type, with methods.
///
/// `Any` lets the functions that know the type get at it (`object.downcast_ref` after an upcast to `&dyn Any`).
pub trait Object: Any {
    /// The type as `typeOf` prints it, such as `*chartutil.Capabilities`.
    fn type_name(&self) -> Cow<'static, str>;

    /// What it is made of. Called for each access that needs it, so it should only clone handles.
    fn shape(&self) -> Shape;

    /// The kind as `kindOf` tells it; follows from the shape unless the object is a pointer.
    fn kind(&self) -> Kind {
        match self.shape() {
            Shape::Struct(_) => Kind::Struct,
            Shape::Map(_) => Kind::Map,
            Shape::List(_) => Kind::Slice,
            Shape::Scalar(value) => value.kind(),
        }
    }

    /// The field (or the key, of a map) `name`; nothing if there is none.
    fn field(&self, name: &str) -> Option<Value> {
        match self.shape() {
            Shape::Struct(fields) => fields.into_iter().find(|(field, _)| *field == name).map(|(_, value)| value),
            Shape::Map(map) => map.get(name),
            Shape::List(_) | Shape::Scalar(_) => None,
        }
    }

    /// What the method `name` takes; nothing if there is no such method.
    fn method(&self, name: &str) -> Option<Signature> {
        let _ = name;
        None
    }

    /// Calls the method `name`, whose arguments have been checked against [`method`](Self::method)'s answer.
    fn call(&self, name: &str, context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        let _ = (context, args);
        Err(FunctionError::new(format!("no method {name}")))
    }

    /// What `String()` or `Error()` gives, where the type has one: `%v` and `%s` print it.
    fn display(&self) -> Option<Text> {
        None
    }

    /// The value as `encoding/json` writes it, where that differs from the shape (JSON names, times as text).
    fn json(&self) -> Option<Value> {
        None
    }

    /// Whether it is a nil pointer.
    fn is_nil(&self) -> bool {
        false
    }
}

impl fmt::Debug for dyn Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.type_name())
    }
}
