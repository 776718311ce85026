//! Arguments: checked and converted as the parameters' types ask.

use crate::template::collection::CollectionType;
use crate::template::collection::Element;
use crate::template::functions::Param;
use crate::template::interpret::At;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::interpret::Outcome;
use crate::template::object::Shape;
use crate::template::parse::tree::Expr;
use crate::template::parse::tree::ExprKind;
use crate::template::value::IntType;
use crate::template::value::Value;

impl<'t> Interpreter<'_, '_, 't> {
    /// The argument that is written as `expr`, for a parameter of that type.
    pub(super) fn argument(&mut self, dot: &Operand, param: Param, expr: &'t Expr) -> Outcome<Operand> {
        self.at = At::Expr(expr);
        match &expr.kind {
            ExprKind::Nil if can_be_nil(param) => Ok(Operand::invalid()),
            ExprKind::Nil => self.error(&format!("cannot assign nil to {}", param.name())),
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text { .. } => {
                self.literal_for(param, expr).map(Operand::given)
            }
            _ => {
                let operand = self.operand(dot, expr)?;
                self.validated(operand, param)
            }
        }
    }

    fn literal_for(&self, param: Param, expr: &Expr) -> Outcome<Value> {
        let wanted = match (param, &expr.kind) {
            (Param::Any | Param::Reflect, _)
            | (Param::Bool, ExprKind::Bool(_))
            | (Param::Text, ExprKind::Text { .. }) => return self.literal(expr),
            (Param::Float, ExprKind::Number(number)) if number.float.is_some() => {
                return Ok(number.float.unwrap_or_default().into());
            }
            (Param::Int | Param::Int64, ExprKind::Number(number)) if number.int.is_some() => {
                let kind = if param == Param::Int { IntType::Int } else { IntType::Int64 };
                return Ok(Value::Int(number.int.unwrap_or_default(), kind));
            }
            (Param::Bool, _) => "bool",
            (Param::Text, _) => "string",
            (Param::Float, _) => "float",
            (Param::Int | Param::Int64, _) => "integer",
            _ => return self.error(&format!("can't handle {expr} for arg of type {}", param.name())),
        };
        self.error(&format!("expected {wanted}; found {expr}"))
    }

    /// The operand, if a parameter of that type takes it.
    pub(super) fn validated(&self, operand: Operand, param: Param) -> Outcome<Operand> {
        if operand.is_invalid() {
            if can_be_nil(param) {
                return Ok(operand);
            }
            return self.error(&format!("invalid value; expected {}", param.name()));
        }
        if takes(param, &operand.value) {
            return Ok(operand);
        }
        // What is declared as anything is named by what it is, unless it is nil.
        let got = if operand.value.is_nil() { operand.type_name() } else { operand.value.type_name() };
        self.error(&format!("wrong type for value; expected {}; got {got}", param.name()))
    }
}

fn can_be_nil(param: Param) -> bool {
    !matches!(param, Param::Text | Param::Bool | Param::Int | Param::Int64 | Param::Float)
        && !matches!(param, Param::Object(name) if !name.starts_with('*'))
}

fn takes(param: Param, value: &Value) -> bool {
    match param {
        Param::Any | Param::Reflect => true,
        Param::Text => matches!(value, Value::Text(_)),
        Param::Bool => matches!(value, Value::Bool(_)),
        Param::Int => matches!(value, Value::Int(_, IntType::Int)),
        Param::Int64 => matches!(value, Value::Int(_, IntType::Int64)),
        Param::Float => matches!(value, Value::Float(_)),
        Param::Bytes => matches!(value, Value::Bytes(_)),
        Param::Map => match value {
            Value::Map(map) => map.kind().element == Element::Any,
            Value::Object(object) => {
                matches!(object.shape(), Shape::Map(map) if map.kind().element == Element::Any)
            }
            _ => false,
        },
        Param::List => is_list(value, CollectionType::LIST),
        Param::Strings => is_list(value, CollectionType::STRINGS),
        Param::Object(name) => {
            let given = value.type_name();
            given == name || given.strip_prefix('*') == Some(name)
        }
    }
}

/// Whether it is such a list; a named type that is one underneath will do.
fn is_list(value: &Value, wanted: CollectionType) -> bool {
    match value {
        Value::List(list) => list.kind() == wanted,
        Value::Object(object) => matches!(object.shape(), Shape::List(list) if list.kind().element == wanted.element),
        _ => false,
    }
}
