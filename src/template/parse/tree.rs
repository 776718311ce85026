//! A parsed template, ready to be carried out: variables are slots, functions are found, names are shared.

use std::rc::Rc;

use crate::template::functions::Callable;
use crate::template::parse::number::Number;
use crate::template::text::Text;

/// A template.
#[derive(Debug)]
pub(in crate::template) struct Template {
    /// The name it is called by.
    pub(in crate::template) name: Rc<str>,
    /// Where it was written.
    pub(in crate::template) source: Rc<Source>,
    /// What it does.
    pub(in crate::template) body: Vec<Node>,
    /// How many variables it has, `$` included.
    pub(in crate::template) slots: usize,
}

impl Template {
    /// Whether there is nothing but white space: such a definition replaces no other.
    pub(in crate::template) fn is_empty(&self) -> bool {
        self.body.iter().all(|node| match node {
            Node::Text(text) => text.trim_ascii().is_empty(),
            _ => false,
        })
    }
}

/// A text that templates were parsed from.
#[derive(Debug)]
pub(in crate::template) struct Source {
    /// The name in messages.
    pub(in crate::template) name: Rc<str>,
    /// Where each line begins, in bytes.
    lines: Vec<u32>,
}

impl Source {
    /// Remembers the lines of `text`.
    pub(super) fn new(name: Rc<str>, text: &[u8]) -> Self {
        let starts = text.iter().zip(1_u32..).filter(|(byte, _)| **byte == b'\n').map(|(_, next)| next);
        Self { name, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// `NAME:LINE:COLUMN` as Go's messages have it: lines from 1, columns in bytes from 0.
    pub(in crate::template) fn locate(&self, pos: u32) -> String {
        let line = self.lines.partition_point(|start| *start <= pos);
        let column = pos - self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        format!("{}:{line}:{column}", self.name)
    }
}

/// What a template is a list of.
#[derive(Debug)]
pub(in crate::template) enum Node {
    /// Text as it is.
    Text(Text),
    /// A pipeline whose value is printed, or kept in a variable.
    Action(Action),
    /// `if`
    If(Control),
    /// `with`
    With(Control),
    /// `range`
    Range(Control),
    /// `template`, also what `block` leaves in its place.
    Template(Call),
    /// `break`
    Break,
    /// `continue`
    Continue,
}

/// A pipeline as an action of its own.
#[derive(Debug)]
pub(in crate::template) struct Action {
    /// Where the pipeline begins.
    pub(in crate::template) pos: u32,
    /// The pipeline.
    pub(in crate::template) pipe: Pipe,
}

/// A pipeline that decides about what follows.
#[derive(Debug)]
pub(in crate::template) struct Control {
    /// The pipeline.
    pub(in crate::template) pipe: Pipe,
    /// What is done if so.
    pub(in crate::template) body: Vec<Node>,
    /// What is done if not.
    pub(in crate::template) otherwise: Option<Vec<Node>>,
}

/// `{{ template "name" pipeline }}`
#[derive(Debug)]
pub(in crate::template) struct Call {
    /// Where the name stands.
    pub(in crate::template) pos: u32,
    /// The name.
    pub(in crate::template) name: Rc<str>,
    /// What becomes the dot; nothing means nil.
    pub(in crate::template) pipe: Option<Pipe>,
}

/// Commands, each of which gets the value of the one before it as its last argument.
#[derive(Debug)]
pub(in crate::template) struct Pipe {
    /// Where it begins.
    pub(in crate::template) pos: u32,
    /// Whether the variables are assigned to, not declared.
    pub(in crate::template) assigns: bool,
    /// The variables that the value is kept in.
    pub(in crate::template) variables: Vec<Variable>,
    /// The commands; at least one.
    pub(in crate::template) commands: Vec<Command>,
}

/// A variable that a pipeline declares or assigns to.
#[derive(Debug)]
pub(in crate::template) struct Variable {
    /// With its `$`.
    pub(in crate::template) name: Rc<str>,
    /// Where its value is kept; nothing if no such variable is declared.
    pub(in crate::template) slot: Option<usize>,
}

/// An operand, or a function or method with its arguments.
#[derive(Debug)]
pub(in crate::template) struct Command {
    /// Where it begins.
    pub(in crate::template) pos: u32,
    /// What stands there; at least one.
    pub(in crate::template) args: Vec<Expr>,
}

/// An operand.
#[derive(Debug)]
pub(in crate::template) struct Expr {
    /// Where Go says it stands; of a chain of fields that is its second part.
    pub(in crate::template) pos: u32,
    /// What it is.
    pub(in crate::template) kind: ExprKind,
}

/// The operands.
#[derive(Debug)]
pub(in crate::template) enum ExprKind {
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// A number or a rune.
    Number(Box<Number>),
    /// A string.
    Text {
        /// With its quotes.
        quoted: Text,
        /// The value.
        value: Text,
    },
    /// `.A.B`
    Field(Vec<Rc<str>>),
    /// `$a.B.C`
    Variable {
        /// The variable.
        variable: Variable,
        /// The fields.
        fields: Vec<Rc<str>>,
    },
    /// A function.
    Function(Rc<Callable>),
    /// `(…).A.B`
    Chain {
        /// What has the fields.
        node: Box<Expr>,
        /// The fields.
        fields: Vec<Rc<str>>,
    },
    /// `(…)`
    Pipe(Box<Pipe>),
}
