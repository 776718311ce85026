//! Carrying out a template.

mod argument;
mod call;
mod field;
mod operand;
mod range;
mod value;

use std::fmt;

use crate::template::context::Context;
use crate::template::context::LimitReached;
use crate::template::error::RenderError;
use crate::template::format;
use crate::template::parse::tree::Action;
use crate::template::parse::tree::Call;
use crate::template::parse::tree::Command;
use crate::template::parse::tree::Control;
use crate::template::parse::tree::Expr;
use crate::template::parse::tree::Node;
use crate::template::parse::tree::Pipe;
use crate::template::parse::tree::Template;
use crate::template::stack;

pub(in crate::template) use operand::Operand;

/// What a step gives. The error is boxed because it is great and rare.
type Outcome<T> = Result<T, Box<RenderError>>;

/// The part of the template that is at work: an error is said to be there.
#[derive(Debug, Clone, Copy)]
enum At<'t> {
    Nowhere,
    Action(&'t Action),
    Call(&'t Call),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Expr(&'t Expr),
}

impl At<'_> {
    fn position(self) -> Option<u32> {
        match self {
            Self::Nowhere => None,
            Self::Action(action) => Some(action.pos),
            Self::Call(call) => Some(call.pos),
            Self::Pipe(pipe) => Some(pipe.pos),
            Self::Command(command) => Some(command.pos),
            Self::Expr(expr) => Some(expr.pos),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => Ok(()),
            Self::Action(action) => action.fmt(formatter),
            Self::Call(call) => call.fmt(formatter),
            Self::Pipe(pipe) => pipe.fmt(formatter),
            Self::Command(command) => command.fmt(formatter),
            Self::Expr(expr) => expr.fmt(formatter),
        }
    }
}

/// What a function or method is given.
#[derive(Debug)]
struct Given<'a, 't> {
    /// What `.` is where the arguments are written.
    dot: &'a Operand,
    /// The arguments as they are written.
    args: &'t [Expr],
    /// The value of the command before, in a pipeline.
    last: Option<Operand>,
}

impl<'a> Given<'a, '_> {
    /// No arguments.
    fn nothing(dot: &'a Operand) -> Self {
        Self { dot, args: &[], last: None }
    }

    /// Whether there are none.
    fn is_nothing(&self) -> bool {
        self.args.is_empty() && self.last.is_none()
    }
}

/// What comes after a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// Carries out one template.
pub(in crate::template) struct Interpreter<'c, 'w, 't> {
    context: &'c mut Context<'w>,
    out: &'c mut Vec<u8>,
    template: &'t Template,
    /// Where its variables begin among all.
    base: usize,
    /// How many `{{ template }}` it stands inside of.
    depth: usize,
    at: At<'t>,
}

impl<'c, 'w, 't> Interpreter<'c, 'w, 't> {
    /// Ready to carry out `template`, whose `$` is `root`.
    pub(in crate::template) fn new(
        context: &'c mut Context<'w>,
        out: &'c mut Vec<u8>,
        template: &'t Template,
        root: Operand,
    ) -> Self {
        let base = context.variables.len();
        context.variables.push(root);
        context.variables.resize(base + template.slots, Operand::invalid());
        Self { context, out, template, base, depth: 0, at: At::Nowhere }
    }

    /// Carries it out.
    pub(in crate::template) fn run(&mut self, dot: &Operand) -> Outcome<()> {
        self.check_stack()?;
        self.nodes(dot, &self.template.body).map(|_| ())
    }

    fn error<T>(&self, message: &str) -> Outcome<T> {
        Err(Box::new(self.failure(message)))
    }

    /// An error where the template is at work.
    fn failure(&self, message: &str) -> RenderError {
        let name = format::quoted(self.template.name.as_bytes());
        let (location, message) = match self.at.position() {
            None => (None, format!("template: {}: {message}", self.template.name)),
            Some(position) => {
                let location = self.template.source.locate(position);
                let text = format!("template: {location}: executing {name} at <{}>: {message}", self.at);
                (Some(location), text)
            }
        };
        RenderError { location, message, ..RenderError::default() }
    }

    /// An error that ends the rendering and is not wrapped on its way out.
    fn stop<T>(&self, message: &str) -> Outcome<T> {
        Err(Box::new(RenderError { stopped: true, ..self.failure(message) }))
    }

    fn within<T>(&self, limited: Result<T, LimitReached>) -> Outcome<T> {
        limited.or_else(|LimitReached(message)| self.stop(&message))
    }

    fn check_stack(&self) -> Outcome<()> {
        if stack::is_low() { self.stop("templates nested too deeply for the stack") } else { Ok(()) }
    }

    fn write(&mut self, text: &[u8]) -> Outcome<()> {
        self.out.extend_from_slice(text);
        let counted = self.context.wrote(text.len());
        self.within(counted)
    }

    fn nodes(&mut self, dot: &Operand, nodes: &'t [Node]) -> Outcome<Flow> {
        for node in nodes {
            let counted = self.context.step();
            self.within(counted)?;
            let flow = match node {
                Node::Text(text) => self.write(text).map(|()| Flow::Next),
                Node::Action(action) => self.action(dot, action),
                Node::If(control) => self.decide(dot, control, false),
                Node::With(control) => self.decide(dot, control, true),
                Node::Range(control) => self.range(dot, control),
                Node::Template(call) => self.template(dot, call),
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn action(&mut self, dot: &Operand, action: &'t Action) -> Outcome<Flow> {
        let value = self.pipeline(dot, &action.pipe)?;
        if action.pipe.variables.is_empty() {
            self.at = At::Action(action);
            let before = self.out.len();
            value.print(self.out);
            let counted = self.context.wrote(self.out.len() - before);
            self.within(counted)?;
        }
        Ok(Flow::Next)
    }

    fn decide(&mut self, dot: &Operand, control: &'t Control, with: bool) -> Outcome<Flow> {
        let value = self.pipeline(dot, &control.pipe)?;
        if value.value.is_true() {
            self.nodes(if with { &value } else { dot }, &control.body)
        } else {
            self.otherwise(dot, control)
        }
    }

    fn otherwise(&mut self, dot: &Operand, control: &'t Control) -> Outcome<Flow> {
        control.otherwise.as_ref().map_or(Ok(Flow::Next), |nodes| self.nodes(dot, nodes))
    }

    fn template(&mut self, dot: &Operand, call: &'t Call) -> Outcome<Flow> {
        self.at = At::Call(call);
        let Some(template) = self.context.namespace.get(&call.name) else {
            return self.error(&format!("template {} not defined", format::quoted(call.name.as_bytes())));
        };
        let greatest = self.context.options.limits.depth;
        if self.depth == greatest || stack::is_getting_low() {
            return self.error(&format!("exceeded maximum template depth ({greatest})"));
        }
        let dot = call.pipe.as_ref().map_or(Ok(Operand::invalid()), |pipe| self.pipeline(dot, pipe))?;
        let outer = self.context.variables.len();
        let mut inner = Interpreter::new(self.context, self.out, &template, dot.clone());
        inner.depth = self.depth + 1;
        inner.nodes(&dot, &template.body)?;
        self.context.variables.truncate(outer);
        Ok(Flow::Next)
    }
}
