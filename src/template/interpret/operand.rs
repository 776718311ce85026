//! A value together with what Go's reflection knows of the place it was taken from.

use crate::template::format;
use crate::template::object::Shape;
use crate::template::value::Kind;
use crate::template::value::Value;

/// A value on its way through a pipeline.
///
/// Go tells apart nil that was found in a place for anything (`boxed`), and no value at all (nil that is not).
#[derive(Debug, Clone, Default)]
pub(in crate::template) struct Operand {
    /// The value.
    pub(super) value: Value,
    /// Whether its declared type is `interface {}`, as that of a map's or list's elements.
    pub(super) boxed: bool,
}

impl Operand {
    /// No value.
    pub(in crate::template) fn invalid() -> Self {
        Self::default()
    }

    /// A value of its own type, as a caller gives it and functions return it.
    pub(in crate::template) fn given(value: Value) -> Self {
        Self { value, boxed: false }
    }

    /// The same as what it is, whatever it was declared as.
    pub(super) fn unboxed(self) -> Self {
        Self { boxed: false, ..self }
    }

    /// Whether there is no value.
    pub(super) fn is_invalid(&self) -> bool {
        !self.boxed && matches!(self.value, Value::Nil)
    }

    /// The declared type as Go's messages name it.
    pub(super) fn type_name(&self) -> std::borrow::Cow<'static, str> {
        if self.boxed { "interface {}".into() } else { self.value.type_name() }
    }

    /// Appends what an action prints.
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        match &self.value {
            Value::Nil => out.extend_from_slice(b"<no value>"),
            Value::Object(object) if object.kind() == Kind::Ptr && !object.is_nil() => match object.display() {
                Some(text) => out.extend_from_slice(&text),
                None => print_behind_pointer(out, &object.shape(), &self.value),
            },
            value => format::write(out, value),
        }
    }
}

/// Go prints what a pointer points to, without the `&` of `%v`.
fn print_behind_pointer(out: &mut Vec<u8>, shape: &Shape, pointer: &Value) {
    match shape {
        Shape::Map(map) => format::write(out, &map.clone().into()),
        Shape::List(list) => format::write(out, &list.clone().into()),
        Shape::Scalar(value) => format::write(out, value),
        Shape::Struct(_) => {
            let printed = format::display(pointer);
            out.extend_from_slice(printed.strip_prefix(b"&").unwrap_or(&printed));
        }
    }
}
