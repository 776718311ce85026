//! Calls of functions and methods.

use std::borrow::Cow;
use std::rc::Rc;

use crate::template::context::LimitReached;
use crate::template::error::RenderError;
use crate::template::functions;
use crate::template::functions::Args;
use crate::template::functions::Callable;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::functions::Special;
use crate::template::interpret::At;
use crate::template::interpret::Given;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::interpret::Outcome;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::parse::tree::Expr;
use crate::template::value::Value;

impl<'t> Interpreter<'_, '_, 't> {
    /// Calls a function; `node` is where its own errors are said to be.
    pub(super) fn function(
        &mut self,
        function: &'t Rc<Callable>,
        node: At<'t>,
        given: Given<'_, 't>,
    ) -> Outcome<Operand> {
        self.check_count(&function.name, function.signature, &given)?;
        match function.special {
            Some(Special::And) => return self.decided(given, false),
            Some(Special::Or) => return self.decided(given, true),
            Some(special) => return self.special(special, node, given),
            None => {}
        }
        let args = given.args;
        let values = self.values(function.signature, given)?;
        let result = function.call(self.context, Args::new(&values));
        self.recycle(values);
        self.finished(result, &function.name, node, args)
    }

    /// Calls a method of an object.
    pub(super) fn method(
        &mut self,
        object: &Rc<dyn Object>,
        (name, signature): (&str, Signature),
        expr: &'t Expr,
        given: Given<'_, 't>,
    ) -> Outcome<Operand> {
        self.check_count(name, signature, &given)?;
        let args = given.args;
        let values = self.values(signature, given)?;
        let result = object.call(name, self.context, Args::new(&values));
        self.recycle(values);
        self.finished(result, name, At::Expr(expr), args)
    }

    fn check_count(&self, name: &str, signature: Signature, given: &Given<'_, '_>) -> Outcome<()> {
        let (written, wanted) = (given.args.len(), signature.params.len());
        let given = written + usize::from(given.last.is_some());
        if signature.rest.is_some() && given < wanted {
            return self.error(&format!("wrong number of args for {name}: want at least {wanted} got {written}"));
        }
        if signature.rest.is_none() && given != wanted {
            return self.error(&format!("wrong number of args for {name}: want {wanted} got {given}"));
        }
        Ok(())
    }

    fn values(&mut self, signature: Signature, given: Given<'_, 't>) -> Outcome<Vec<Value>> {
        let mut values = self.context.spare_args.pop().unwrap_or_default();
        for (index, arg) in given.args.iter().enumerate() {
            let param = signature.param(index).unwrap_or(Param::Any);
            values.push(self.argument(given.dot, param, arg)?.value);
        }
        if let Some(last) = given.last {
            let param = signature.param(values.len()).unwrap_or(Param::Any);
            values.push(self.validated(last, param)?.value);
        }
        Ok(values)
    }

    /// Keeps the memory of an argument list for the next call.
    fn recycle(&mut self, mut values: Vec<Value>) {
        values.clear();
        self.context.spare_args.push(values);
    }

    fn finished(
        &mut self,
        result: Result<Value, FunctionError>,
        name: &str,
        node: At<'t>,
        args: &'t [Expr],
    ) -> Outcome<Operand> {
        match result {
            Ok(Value::Text(text)) => {
                // A loop that doubles a string would have all memory before it ever wrote anything.
                if let Err(LimitReached(message)) = self.context.wrote(text.len()) {
                    self.at = node;
                    return self.stop(&message);
                }
                Ok(Operand::given(text.into()))
            }
            Ok(value) => Ok(Operand::given(value)),
            Err(error) => self.failed(error, name, node, args),
        }
    }

    #[cold]
    fn failed(&mut self, error: FunctionError, name: &str, node: At<'t>, args: &'t [Expr]) -> Outcome<Operand> {
        if let FunctionError::Argument { index, message } = &error {
            self.at = args.get(*index).map_or(node, At::Expr);
            return self.error(message);
        }
        self.at = node;
        let failure = self.failure(&format!("error calling {name}: {error}"));
        Err(Box::new(match error {
            FunctionError::Raised(raised) => RenderError { raised: Some(raised), ..failure },
            FunctionError::Stopped(_) => RenderError { stopped: true, ..failure },
            FunctionError::Nested { error, .. } if error.stopped => *error,
            FunctionError::Nested { error, .. } => RenderError { raised: error.raised, ..failure },
            FunctionError::Failed(_) | FunctionError::Argument { .. } => failure,
        }))
    }

    /// `and` and `or`: evaluates until one decides, which is then the value.
    fn decided(&mut self, given: Given<'_, 't>, wanted: bool) -> Outcome<Operand> {
        let mut value = Operand::invalid();
        for arg in given.args {
            value = self.argument(given.dot, Param::Reflect, arg)?;
            if value.value.is_true() == wanted {
                return Ok(value);
            }
        }
        Ok(given.last.unwrap_or(value))
    }

    /// `len`, `slice` and `call`, which see more of their arguments than the values.
    fn special(&mut self, special: Special, node: At<'t>, given: Given<'_, 't>) -> Outcome<Operand> {
        let args = given.args;
        let shown = args.first().map(ToString::to_string);
        let mut operands = Vec::with_capacity(args.len() + 1);
        for arg in args {
            operands.push(self.argument(given.dot, Param::Reflect, arg)?);
        }
        operands.extend(given.last);
        let result = match special {
            Special::Call => Err(not_callable(operands.first(), shown)),
            Special::Slice => slice(operands),
            _ => match operands.first() {
                Some(nil) if nil.boxed && matches!(nil.value, Value::Nil) => {
                    Err(FunctionError::new("len of nil pointer"))
                }
                operand => functions::length(&operand.cloned().unwrap_or_default().value),
            },
        };
        self.finished(result, special.name(), node, args)
    }
}

/// No value of ours is a function.
fn not_callable(callee: Option<&Operand>, shown: Option<String>) -> FunctionError {
    let value = callee.map_or(&Value::Nil, |callee| &callee.value);
    match value {
        Value::Nil => FunctionError::new("call of nil"),
        value => {
            // A callee that comes through the pipe has no text; Go shows strings then, and of others the type.
            let name = shown.unwrap_or_else(|| match value {
                Value::Text(text) => text.to_string(),
                other => format!("<{} Value>", other.type_name()),
            });
            FunctionError::new(format!("non-function {name} of type {}", value.type_name()))
        }
    }
}

/// Go looks at an index of `slice` as it is declared, so that numbers out of documents are none.
fn slice(operands: Vec<Operand>) -> Result<Value, FunctionError> {
    let declared = |(index, operand): (usize, Operand)| match operand {
        Operand { boxed: true, .. } if index > 0 => Value::object(Undeclared),
        operand => operand.value,
    };
    functions::slice(&operands.into_iter().enumerate().map(declared).collect::<Vec<_>>())
}

/// Something of which nothing is declared.
struct Undeclared;

impl Object for Undeclared {
    fn type_name(&self) -> Cow<'static, str> {
        "interface {}".into()
    }

    fn shape(&self) -> Shape {
        Shape::Struct(Vec::new())
    }
}
