//! Fields, keys and methods.

use std::rc::Rc;

use crate::template::collection::Element;
use crate::template::collection::Map;
use crate::template::format;
use crate::template::functions;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::interpret::Outcome;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::options::MissingKey;
use crate::template::parse::tree::Expr;
use crate::template::value::Value;

impl<'t> Interpreter<'_, '_, 't> {
    /// Follows `fields` from `receiver`; the last may be a method that takes `args` and `last`.
    #[expect(clippy::too_many_arguments, reason = "the parts of one command, taken apart where it is evaluated")]
    pub(super) fn fields(
        &mut self,
        dot: &Operand,
        receiver: Operand,
        expr: &'t Expr,
        fields: &'t [Rc<str>],
        args: &'t [Expr],
        last: Option<Operand>,
    ) -> Outcome<Operand> {
        let Some((final_field, fields)) = fields.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for field in fields {
            receiver = self.field(dot, receiver, expr, field, &[], None)?;
        }
        self.field(dot, receiver, expr, final_field, args, last)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one command, taken apart where it is evaluated")]
    fn field(
        &mut self,
        dot: &Operand,
        receiver: Operand,
        expr: &'t Expr,
        name: &Rc<str>,
        args: &'t [Expr],
        last: Option<Operand>,
    ) -> Outcome<Operand> {
        let has_args = !args.is_empty() || last.is_some();
        match &receiver.value {
            Value::Map(map) => self.key(map, name, has_args),
            Value::Nil if receiver.boxed => self.error(&format!("nil pointer evaluating interface {{}}.{name}")),
            Value::Nil => match self.context.options.missing_key {
                MissingKey::Error => {
                    self.error(&format!("nil data; no entry for key {}", format::quoted(name.as_bytes())))
                }
                MissingKey::Invalid | MissingKey::Zero => Ok(Operand::invalid()),
            },
            Value::Object(object) => match object.method(name) {
                Some(signature) => self.method(dot, object, (name, signature), expr, args, last),
                None => self.object_field(&receiver, object.as_ref(), name, has_args),
            },
            _ => self.no_field(name, &receiver),
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
