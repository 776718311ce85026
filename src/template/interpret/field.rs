//! Fields, keys and methods.

use std::rc::Rc;

use crate::template::collection::Element;
use crate::template::collection::Map;
use crate::template::format;
use crate::template::functions;
use crate::template::interpret::Given;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::interpret::Outcome;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::options::MissingKey;
use crate::template::parse::tree::Expr;
use crate::template::value::Value;

impl<'t> Interpreter<'_, '_, 't> {
    /// Follows `fields` from `receiver`; the last may be a method that takes what is given.
    pub(super) fn fields(
        &mut self,
        receiver: Operand,
        expr: &'t Expr,
        fields: &'t [Rc<str>],
        given: Given<'_, 't>,
    ) -> Outcome<Operand> {
        let Some((final_field, fields)) = fields.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for field in fields {
            receiver = self.field(&receiver, expr, field, Given::nothing(given.dot))?;
        }
        self.field(&receiver, expr, final_field, given)
    }

    fn field(&mut self, receiver: &Operand, expr: &'t Expr, name: &str, given: Given<'_, 't>) -> Outcome<Operand> {
        match &receiver.value {
            Value::Map(map) => self.key(map, name, !given.is_nothing()),
            Value::Nil if receiver.boxed => self.error(&format!("nil pointer evaluating interface {{}}.{name}")),
            Value::Nil => match self.context.options.missing_key {
                MissingKey::Error => {
                    self.error(&format!("nil data; no entry for key {}", format::quoted(name.as_bytes())))
                }
                MissingKey::Invalid | MissingKey::Zero => Ok(Operand::invalid()),
            },
            Value::Object(object) => match object.method(name) {
                Some(signature) => self.method(object, (name, signature), expr, given),
                None => self.object_field(receiver, object.as_ref(), name, !given.is_nothing()),
            },
            _ => self.no_field(name, receiver),
        }
    }

    fn no_field<T>(&self, name: &str, receiver: &Operand) -> Outcome<T> {
        self.error(&format!("can't evaluate field {name} in type {}", receiver.type_name()))
    }

    fn key(&self, map: &Map, name: &str, has_args: bool) -> Outcome<Operand> {
        if has_args {
            return self.error(&format!("{name} is not a method but has arguments"));
        }
        let element = map.kind().element;
        let missing = self.context.options.missing_key;
        match map.get(name) {
            Some(value) => Ok(Operand { value, boxed: element == Element::Any }),
            None if missing == MissingKey::Error => {
                self.error(&format!("map has no entry for key {}", format::quoted(name.as_bytes())))
            }
            None if missing == MissingKey::Invalid => Ok(Operand::invalid()),
            None => Ok(Operand { value: functions::zero(element), boxed: element == Element::Any }),
        }
    }

    fn object_field(&self, receiver: &Operand, object: &dyn Object, name: &str, has_args: bool) -> Outcome<Operand> {
        if object.is_nil() {
            return self.error(&format!("nil pointer evaluating {}.{name}", receiver.type_name()));
        }
        if let Shape::Map(map) = object.shape() {
            return self.key(&map, name, has_args);
        }
        match object.field(name) {
            Some(_) if has_args => self.error(&format!("{name} has arguments but cannot be invoked as function")),
            Some(value) => Ok(Operand::given(value)),
            None => self.no_field(name, receiver),
        }
    }
}
