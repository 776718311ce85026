//! `range`.

use crate::template::collection::Element;
use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::format;
use crate::template::interpret::Flow;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::interpret::Outcome;
use crate::template::object::Shape;
use crate::template::parse::tree::Control;
use crate::template::value::Value;

impl<'t> Interpreter<'_, '_, 't> {
    /// Carries out the body for each element, or what stands behind `else` if there is none.
    pub(super) fn range(&mut self, dot: &Operand, control: &'t Control) -> Outcome<Flow> {
        let over = self.pipeline(dot, &control.pipe)?.value;
        let any = match &over {
            Value::Nil => false,
            Value::Int(..) | Value::Uint(..) => self.numbers(&over, control)?,
            Value::List(list) => self.list(list, control)?,
            Value::Map(map) => self.map(map, control)?,
            Value::Bytes(_) => self.list(&over.as_list().unwrap_or_else(|| List::new(Vec::new())), control)?,
            Value::Object(object) if !object.is_nil() => match object.shape() {
                Shape::List(list) => self.list(&list, control)?,
                Shape::Map(map) => self.map(&map, control)?,
                Shape::Scalar(number @ (Value::Int(..) | Value::Uint(..))) => self.numbers(&number, control)?,
                Shape::Scalar(_) | Shape::Struct(_) => return self.cannot_iterate(&over),
            },
            _ => return self.cannot_iterate(&over),
        };
        if any { Ok(Flow::Next) } else { self.otherwise(dot, control) }
    }

    fn cannot_iterate<T>(&self, over: &Value) -> Outcome<T> {
        self.error(&format!("range can't iterate over {}", format::display(over)))
    }

    fn numbers(&mut self, over: &Value, control: &'t Control) -> Outcome<bool> {
        if control.pipe.variables.len() > 1 {
            let over = format::display(over);
            return self.error(&format!("can't use {over} to iterate over more than one variable"));
        }
        match over {
            Value::Int(count, kind) => {
                for number in 0..*count {
                    if !self.iteration(control, Operand::invalid(), &Operand::given(Value::Int(number, *kind)))? {
                        break;
                    }
                }
                Ok(*count > 0)
            }
            Value::Uint(count, kind) => {
                for number in 0..*count {
                    if !self.iteration(control, Operand::invalid(), &Operand::given(Value::Uint(number, *kind)))? {
                        break;
                    }
                }
                Ok(*count > 0)
            }
            _ => Ok(false),
        }
    }

    fn list(&mut self, list: &List, control: &'t Control) -> Outcome<bool> {
        let boxed = list.kind().element == Element::Any;
        let length = list.len();
        for index in 0..length {
            let value = list.get(index).unwrap_or_default();
            if !self.iteration(control, Operand::given(index.into()), &Operand { value, boxed })? {
                break;
            }
        }
        Ok(length > 0)
    }

    fn map(&mut self, map: &Map, control: &'t Control) -> Outcome<bool> {
        let boxed = map.kind().element == Element::Any;
        let entries = map.entries();
        let any = !entries.is_empty();
        for (key, value) in entries {
            if !self.iteration(control, Operand::given(key.into()), &Operand { value, boxed })? {
                break;
            }
        }
        Ok(any)
    }

    /// One turn; false when it ended with `break`.
    fn iteration(&mut self, control: &'t Control, index: Operand, element: &Operand) -> Outcome<bool> {
        let counted = self.context.step();
        self.within(counted)?;
        match control.pipe.variables.as_slice() {
            [] => {}
            [only] => self.set(only, element.clone())?,
            [first, second, ..] => {
                self.set(first, index)?;
                self.set(second, element.clone())?;
            }
        }
        Ok(self.nodes(element, &control.body)? != Flow::Break)
    }
}
