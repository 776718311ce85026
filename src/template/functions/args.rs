//! Reading a function's arguments.

use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::text::Text;
use crate::template::value::IntType;
use crate::template::value::Value;

/// The arguments of one call, checked against the function's signature.
///
/// The getters count from 0 and fail, with Go's text, where the argument is not of that type; behind the interpreter's
/// check this only happens when a function reads other types than it declares.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a>(&'a [Value]);

impl<'a> Args<'a> {
    /// Wraps the arguments.
    pub fn new(values: &'a [Value]) -> Self {
        Self(values)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn all(&self) -> &'a [Value] {
        self.0
    }

    /// Those from `index` on: what a variadic function got beyond its fixed parameters.
    pub fn from(&self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    /// The argument as it is.
    pub fn any(&self, index: usize) -> Result<&'a Value, FunctionError> {
        self.0.get(index).ok_or_else(|| FunctionError::Argument {
            index,
            message: format!("wrong number of args: want at least {} got {}", index + 1, self.len()),
        })
    }

    /// A `string`.
    pub fn text(&self, index: usize) -> Result<&'a Text, FunctionError> {
        match self.any(index)? {
            Value::Text(text) => Ok(text),
            other => Err(mismatch(index, Param::Text, other)),
        }
    }

    /// A `bool`.
    pub fn bool(&self, index: usize) -> Result<bool, FunctionError> {
        match self.any(index)? {
            Value::Bool(truth) => Ok(*truth),
            other => Err(mismatch(index, Param::Bool, other)),
        }
    }

    /// An `int`.
    pub fn int(&self, index: usize) -> Result<i64, FunctionError> {
        match self.any(index)? {
            Value::Int(number, IntType::Int) => Ok(*number),
            other => Err(mismatch(index, Param::Int, other)),
        }
    }

    /// An `int64`.
    pub fn int64(&self, index: usize) -> Result<i64, FunctionError> {
        match self.any(index)? {
            Value::Int(number, IntType::Int64) => Ok(*number),
            other => Err(mismatch(index, Param::Int64, other)),
        }
    }

    /// A `float64`.
    pub fn float(&self, index: usize) -> Result<f64, FunctionError> {
        match self.any(index)? {
            Value::Float(number) => Ok(*number),
            other => Err(mismatch(index, Param::Float, other)),
        }
    }

    /// A map, under whatever name; nil reads as an empty one, as in Go.
    pub fn map(&self, index: usize) -> Result<Map, FunctionError> {
        let value = self.any(index)?;
        if matches!(value, Value::Nil) {
            return Ok(Map::new());
        }
        value.as_map().ok_or_else(|| mismatch(index, Param::Map, value))
    }

    /// A list, under whatever name; nil reads as an empty one, as in Go.
    pub fn list(&self, index: usize) -> Result<List, FunctionError> {
        let value = self.any(index)?;
        if matches!(value, Value::Nil) {
            return Ok(List::new(Vec::new()));
        }
        value.as_list().ok_or_else(|| mismatch(index, Param::List, value))
    }
}

/// Go's complaint about an argument of another type than declared.
fn mismatch(index: usize, expected: Param, got: &Value) -> FunctionError {
    let got = if matches!(got, Value::Nil) { "interface {}".into() } else { got.type_name() };
    let message = format!("wrong type for value; expected {}; got {got}", expected.name());
    FunctionError::Argument { index, message }
}

#[cfg(test)]
mod tests {
    use super::Args;
    use crate::template::value::Value;

    #[test]
    fn a_wrong_type_is_told_as_go_tells_it() {
        let values = [Value::Float(1.5), Value::Nil];
        let args = Args::new(&values);
        let text = |error: Option<super::FunctionError>| error.unwrap().to_string();
        assert_eq!(text(args.text(0).err()), "wrong type for value; expected string; got float64");
        assert_eq!(text(args.bool(1).err()), "wrong type for value; expected bool; got interface {}");
    }

    #[test]
    fn the_rest_begins_where_asked_and_may_be_empty() {
        let values = [Value::from(1), Value::from(2)];
        assert_eq!(Args::new(&values).from(1).len(), 1);
        assert!(Args::new(&values).from(5).is_empty());
    }
}
