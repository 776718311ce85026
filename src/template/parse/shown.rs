//! Parts of a template as Go's messages write them, which is not always as they were written.

use std::fmt;
use std::rc::Rc;

use crate::template::format;
use crate::template::parse::tree::Action;
use crate::template::parse::tree::Call;
use crate::template::parse::tree::Command;
use crate::template::parse::tree::Expr;
use crate::template::parse::tree::ExprKind;
use crate::template::parse::tree::Pipe;

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{{{{}}}}}", self.pipe)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{{{template {}", format::quoted(self.name.as_bytes()))?;
        if let Some(pipe) = &self.pipe {
            write!(formatter, " {pipe}")?;
        }
        formatter.write_str("}}")
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, variable) in self.variables.iter().enumerate() {
            write!(formatter, "{}{}", if index > 0 { ", " } else { "" }, variable.name)?;
        }
        if !self.variables.is_empty() {
            formatter.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(formatter, "{}{command}", if index > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.args.iter().enumerate() {
            formatter.write_str(if index > 0 { " " } else { "" })?;
            parenthesised(arg, formatter)?;
        }
        Ok(())
    }
}

fn parenthesised(expr: &Expr, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match &expr.kind {
        ExprKind::Pipe(pipe) => write!(formatter, "({pipe})"),
        _ => write!(formatter, "{expr}"),
    }
}

fn dotted(fields: &[Rc<str>], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(formatter, ".{field}"))
}

impl fmt::Display for Expr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Dot => formatter.write_str("."),
            ExprKind::Nil => formatter.write_str("nil"),
            ExprKind::Bool(truth) => write!(formatter, "{truth}"),
            ExprKind::Number(number) => formatter.write_str(&number.text),
            ExprKind::Text { quoted, .. } => write!(formatter, "{quoted}"),
            ExprKind::Field(fields) => dotted(fields, formatter),
            ExprKind::Variable { variable, fields } => {
                formatter.write_str(&variable.name)?;
                dotted(fields, formatter)
            }
            ExprKind::Function(function) => formatter.write_str(&function.name),
            ExprKind::Chain { node, fields } => {
                parenthesised(node, formatter)?;
                dotted(fields, formatter)
            }
            ExprKind::Pipe(pipe) => write!(formatter, "{pipe}"),
        }
    }
}
