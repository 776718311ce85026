//! Functions as templates hold them.

use std::fmt;
use std::rc::Rc;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Run;
use crate::template::functions::Signature;
use crate::template::value::Value;

/// A function together with what it remembers, given by the caller of the engine (such as werf's `env`).
pub type Host = Rc<dyn Fn(&mut Context<'_>, Args<'_>) -> Result<Value, FunctionError>>;

/// A function by the name it is known under.
#[derive(Clone)]
pub struct Callable {
    /// Its name in templates.
    pub name: Rc<str>,
    /// What it takes.
    pub signature: Signature,
    pub(super) code: Code,
    /// What the interpreter does itself.
    pub(in crate::template) special: Option<Special>,
}

/// The functions of text/template that are more than functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::template) enum Special {
    /// Evaluates its arguments only as far as the first that is false.
    And,
    /// Evaluates its arguments only as far as the first that is true.
    Or,
    /// Tells nil as a value from no value.
    Len,
    /// Tells an index that is declared as a number from one that happens to be one.
    Slice,
    /// Names its argument as it is written.
    Call,
}

impl Special {
    /// The name in templates.
    pub(in crate::template) fn name(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Len => "len",
            Self::Slice => "slice",
            Self::Call => "call",
        }
    }
}

/// What a function runs.
#[derive(Clone)]
pub(super) enum Code {
    /// One of ours.
    Plain(Run),
    /// One that the caller of the engine gave.
    Host(Host),
}

impl Callable {
    /// Calls it with arguments that have been checked against the signature.
    pub fn call(&self, context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        match &self.code {
            Code::Plain(run) => run(context, args),
            Code::Host(host) => host(context, args),
        }
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Callable")
            .field("name", &self.name)
            .field("signature", &self.signature)
            .finish_non_exhaustive()
    }
}
