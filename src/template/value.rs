//! What a template computes with: Go's values as far as templates can tell them apart.

use std::borrow::Cow;
use std::rc::Rc;

use crate::template::collection::CollectionType;
use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;

/// Go's signed integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntType {
    /// `int`, 64 bits wide: what literals and `int` give.
    Int,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`: what `int64`, `add` and `--set` give.
    Int64,
}

impl IntType {
    /// The name in Go.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
        }
    }
}

/// Go's unsigned integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UintType {
    /// `uint`, 64 bits wide.
    Uint,
    /// `uint8`: an element of `[]byte`.
    Uint8,
    /// `uint16`.
    Uint16,
    /// `uint32`.
    Uint32,
    /// `uint64`: what `(semver "1.2.3").Major` gives.
    Uint64,
}

impl UintType {
    /// The name in Go.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }
}

/// What `kindOf` tells: Go's `reflect.Kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nil without a type.
    Invalid,
    /// A truth value.
    Bool,
    /// A signed integer.
    Int(IntType),
    /// An unsigned integer.
    Uint(UintType),
    /// A floating-point number.
    Float64,
    /// A complex number.
    Complex128,
    /// A string.
    String,
    /// A list, or bytes.
    Slice,
    /// A map.
    Map,
    /// A struct.
    Struct,
    /// A pointer.
    Ptr,
    /// A function.
    Func,
}

impl Kind {
    /// The name in Go.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int(kind) => kind.name(),
            Self::Uint(kind) => kind.name(),
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Struct => "struct",
            Self::Ptr => "ptr",
            Self::Func => "func",
        }
    }
}

/// A Go value. Clones are cheap and share what they hold.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nil.
    #[default]
    Nil,
    /// A truth value.
    Bool(bool),
    /// A signed integer; the number fits its type.
    Int(i64, IntType),
    /// An unsigned integer; the number fits its type.
    Uint(u64, UintType),
    /// A `float64`: also every number of a YAML or JSON document.
    Float(f64),
    /// A `complex128`: real and imaginary part.
    Complex(f64, f64),
    /// A string.
    Text(Text),
    /// A `[]byte`.
    Bytes(Text),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A value with fields and methods of its own.
    Object(Rc<dyn Object>),
}

impl Value {
    /// A `[]string`.
    pub fn strings<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(|item| Self::Text(item.into())).collect();
        Self::List(List::typed(CollectionType::STRINGS, items))
    }

    /// An `int64`.
    pub fn int64(number: i64) -> Self {
        Self::Int(number, IntType::Int64)
    }

    /// A value with fields and methods.
    pub fn object(object: impl Object) -> Self {
        Self::Object(Rc::new(object))
    }

    /// The type as `typeOf` and `%T` print it; `<nil>` for nil.
    pub fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_, kind) => kind.name(),
            Self::Uint(_, kind) => kind.name(),
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Text(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => list.kind().name,
            Self::Map(map) => map.kind().name,
            Self::Object(object) => return object.type_name(),
        })
    }

    /// The kind as `kindOf` tells it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_, kind) => Kind::Int(*kind),
            Self::Uint(_, kind) => Kind::Uint(*kind),
            Self::Float(_) => Kind::Float64,
            Self::Complex(..) => Kind::Complex128,
            Self::Text(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Object(object) => object.kind(),
        }
    }

    /// Whether `if` takes it for true: everything but nil, false, zero and what is empty.
    ///
    /// Sprig's `empty` is the opposite of this.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(number, _) => *number != 0,
            Self::Uint(number, _) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::Text(text) | Self::Bytes(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(object) => object_is_true(object.as_ref()),
        }
    }

    /// The number of a signed integer of any width.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number, _) = self { Some(*number) } else { None }
    }

    /// The text of a string.
    pub fn as_text(&self) -> Option<&Text> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The map, also the one that an object stands for.
    pub fn as_map(&self) -> Option<Map> {
        match self {
            Self::Map(map) => Some(map.clone()),
            Self::Object(object) => match object.shape() {
                Shape::Map(map) => Some(map),
                _ => None,
            },
            _ => None,
        }
    }

    /// The list, also the one that an object or bytes stand for.
    pub fn as_list(&self) -> Option<List> {
        match self {
            Self::List(list) => Some(list.clone()),
            Self::Bytes(bytes) => Some(byte_list(bytes)),
            Self::Object(object) => match object.shape() {
                Shape::List(list) => Some(list),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it is nil: untyped, or an object that stands for a nil pointer.
    pub fn is_nil(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::Object(object) => object.is_nil(),
            _ => false,
        }
    }
}

fn object_is_true(object: &dyn Object) -> bool {
    if object.is_nil() {
        return false;
    }
    if object.kind() == Kind::Ptr {
        return true;
    }
    match object.shape() {
        Shape::Struct(_) => true,
        Shape::Map(map) => !map.is_empty(),
        Shape::List(list) => !list.is_empty(),
        Shape::Scalar(value) => value.is_true(),
    }
}

fn byte_list(bytes: &Text) -> List {
    let items = bytes.iter().map(|byte| Value::Uint(u64::from(*byte), UintType::Uint8)).collect();
    List::typed(CollectionType { name: "[]uint8", element: crate::template::collection::Element::Int }, items)
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

/// A Go `int`.
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number, IntType::Int)
    }
}

/// A Go `int`.
impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number), IntType::Int)
    }
}

/// A Go `int`, as `len` gives it; what does not fit is the greatest `int`.
impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX), IntType::Int)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

/// A `[]interface {}`.
impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(List::new(items))
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::Value;
    use crate::template::collection::Map;

    #[test]
    fn truth_is_gos() {
        let falsehoods = [Value::Nil, false.into(), 0.into(), 0.0.into(), "".into(), vec![].into(), Map::new().into()];
        assert!(falsehoods.iter().all(|value| !value.is_true()));
        assert!(Value::from("false").is_true() && Value::from(-1).is_true());
    }

    #[test]
    fn types_have_gos_names() {
        let values = [Value::Nil, 1.into(), Value::int64(1), 1.0.into(), Value::strings(["a"]), Map::new().into()];
        let names: Vec<_> = values.iter().map(Value::type_name).collect();
        assert_eq!(names, ["<nil>", "int", "int64", "float64", "[]string", "map[string]interface {}"]);
    }
}
