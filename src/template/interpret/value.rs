//! Pipelines and commands.

use crate::template::format;
use crate::template::interpret::At;
use crate::template::interpret::Given;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::interpret::Outcome;
use crate::template::parse::tree::Command;
use crate::template::parse::tree::Expr;
use crate::template::parse::tree::ExprKind;
use crate::template::parse::tree::Pipe;
use crate::template::parse::tree::Variable;
use crate::template::value::Value;

impl<'t> Interpreter<'_, '_, 't> {
    /// The value of a pipeline, which is also kept in its variables.
    pub(super) fn pipeline(&mut self, dot: &Operand, pipe: &'t Pipe) -> Outcome<Operand> {
        self.at = At::Pipe(pipe);
        self.check_stack()?;
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?.unboxed());
        }
        let value = value.unwrap_or_default();
        for variable in &pipe.variables {
            self.set(variable, value.clone())?;
        }
        Ok(value)
    }

    /// Keeps a value in a variable.
    pub(super) fn set(&mut self, variable: &Variable, value: Operand) -> Outcome<()> {
        let place = variable.slot.and_then(|slot| self.context.variables.get_mut(self.base + slot));
        match place {
            Some(place) => *place = value,
            None => return self.error(&format!("undefined variable: {}", variable.name)),
        }
        Ok(())
    }

    fn get(&self, variable: &Variable) -> Outcome<Operand> {
        let place = variable.slot.and_then(|slot| self.context.variables.get(self.base + slot));
        match place {
            Some(value) => Ok(value.clone()),
            None => self.error(&format!("undefined variable: {}", variable.name)),
        }
    }

    /// The value of a command; `last` is the value of the one before it.
    fn command(&mut self, dot: &Operand, command: &'t Command, last: Option<Operand>) -> Outcome<Operand> {
        let counted = self.context.step();
        self.within(counted)?;
        let Some((first, args)) = command.args.split_first() else { return Ok(Operand::invalid()) };
        let given = Given { dot, args, last };
        match &first.kind {
            ExprKind::Function(function) => {
                self.at = At::Expr(first);
                self.function(function, At::Command(command), given)
            }
            ExprKind::Field(fields) => {
                self.at = At::Expr(first);
                self.fields(dot.clone(), first, fields, given)
            }
            ExprKind::Variable { variable, fields } => {
                self.at = At::Expr(first);
                let value = self.get(variable)?;
                if fields.is_empty() {
                    self.not_a_function(first, &given)?;
                    return Ok(value);
                }
                self.fields(value, first, fields, given)
            }
            ExprKind::Chain { node, fields } => {
                let receiver = self.receiver(dot, first, node)?;
                self.fields(receiver, first, fields, given)
            }
            ExprKind::Pipe(pipe) => {
                self.not_a_function(first, &given)?;
                self.pipeline(dot, pipe)
            }
            _ => {
                self.at = At::Expr(first);
                self.not_a_function(first, &given)?;
                self.constant(dot, first)
            }
        }
    }

    fn not_a_function(&self, first: &Expr, given: &Given<'_, '_>) -> Outcome<()> {
        if given.is_nothing() {
            return Ok(());
        }
        self.error(&format!("can't give argument to non-function {first}"))
    }

    /// A literal, or the dot.
    fn constant(&self, dot: &Operand, expr: &Expr) -> Outcome<Operand> {
        match &expr.kind {
            ExprKind::Dot => Ok(dot.clone()),
            ExprKind::Nil => self.error("nil is not a command"),
            _ => self.literal(expr).map(Operand::given),
        }
    }

    /// The value of a literal where no type is asked for.
    pub(super) fn literal(&self, expr: &Expr) -> Outcome<Value> {
        match &expr.kind {
            ExprKind::Bool(truth) => Ok((*truth).into()),
            ExprKind::Text { value, .. } => Ok(value.clone().into()),
            ExprKind::Number(number) => number.constant().or_else(|message| self.error(&message)),
            _ => self.error(&format!("can't handle assignment of {expr} to empty interface argument")),
        }
    }

    /// What the fields of a chain are taken from.
    fn receiver(&mut self, dot: &Operand, chain: &'t Expr, node: &'t Expr) -> Outcome<Operand> {
        self.at = At::Expr(chain);
        match &node.kind {
            ExprKind::Nil => self.error(&format!("indirection through explicit nil in {chain}")),
            ExprKind::Pipe(pipe) => self.pipeline(dot, pipe),
            ExprKind::Function(function) => {
                self.at = At::Expr(node);
                self.function(function, At::Expr(node), Given::nothing(dot))
            }
            _ => self.error(&format!("can't evaluate command {}", format::quoted(node.to_string().as_bytes()))),
        }
    }

    /// An operand that is neither literal nor nil, without arguments.
    pub(super) fn operand(&mut self, dot: &Operand, expr: &'t Expr) -> Outcome<Operand> {
        self.at = At::Expr(expr);
        match &expr.kind {
            ExprKind::Dot => Ok(dot.clone()),
            ExprKind::Field(fields) => self.fields(dot.clone(), expr, fields, Given::nothing(dot)),
            ExprKind::Variable { variable, fields } => {
                let value = self.get(variable)?;
                if fields.is_empty() { Ok(value) } else { self.fields(value, expr, fields, Given::nothing(dot)) }
            }
            ExprKind::Pipe(pipe) => self.pipeline(dot, pipe),
            ExprKind::Function(function) => self.function(function, At::Expr(expr), Given::nothing(dot)),
            ExprKind::Chain { node, fields } => {
                let receiver = self.receiver(dot, expr, node)?;
                self.fields(receiver, expr, fields, Given::nothing(dot))
            }
            _ => self.literal(expr).map(Operand::given),
        }
    }
}
