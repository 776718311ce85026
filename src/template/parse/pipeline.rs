//! Pipelines: commands, operands and the variables they are kept in.

use std::rc::Rc;

use crate::template::error::ParseError;
use crate::template::format;
use crate::template::parse::number::Number;
use crate::template::parse::parser::Parser;
use crate::template::parse::parser::position;
use crate::template::parse::token::Keyword;
use crate::template::parse::token::Token;
use crate::template::parse::token::TokenKind;
use crate::template::parse::tree::Command;
use crate::template::parse::tree::Expr;
use crate::template::parse::tree::ExprKind;
use crate::template::parse::tree::Pipe;
use crate::template::parse::tree::Variable;
use crate::template::parse::unquote;

/// How many parentheses may be open at once, as in Go.
const PARENS: usize = 10_000;

/// The variables in front of a pipeline, whose values exist only behind it.
#[derive(Default)]
struct Declarations {
    names: Vec<(Rc<str>, usize)>,
    assigns: bool,
}

impl Parser<'_> {
    /// Reads a pipeline and the `end` behind it.
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Result<Pipe, ParseError> {
        let pos = position(self.peek_non_space());
        let declarations = self.declarations(context)?;
        let mut commands = Vec::new();
        loop {
            let token = self.next_non_space();
            if token.kind == end {
                break;
            }
            if !begins_operand(token.kind) {
                return self.unexpected(token, context);
            }
            self.give_back(token);
            commands.push(self.command()?);
        }
        self.check(&commands, context)?;
        let assigns = declarations.assigns;
        let variables = declarations.names.into_iter().map(|(name, mention)| {
            let slot = if assigns { self.scope.slot(&name) } else { Some(self.scope.declare(mention)) };
            Variable { name, slot }
        });
        Ok(Pipe { pos, assigns, variables: variables.collect(), commands })
    }

    fn declarations(&mut self, context: &str) -> Result<Declarations, ParseError> {
        let mut declarations = Declarations::default();
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok(declarations);
            }
            self.next();
            let behind = self.peek();
            let next = self.next_non_space();
            let is_last = matches!(next.kind, TokenKind::Assign | TokenKind::Declare);
            let is_comma = next.kind == TokenKind::Char && next.text == b",";
            if !is_last && !is_comma {
                self.give_back(next);
                if behind.kind == TokenKind::Space {
                    self.give_back(behind);
                }
                self.give_back(variable);
                return Ok(declarations);
            }
            let name: Rc<str> = String::from_utf8_lossy(variable.text).into();
            let mention = self.scope.mention(&name);
            declarations.names.push((name, mention));
            if is_last {
                declarations.assigns = next.kind == TokenKind::Assign;
                return Ok(declarations);
            }
            self.check_comma(context, declarations.names.len())?;
        }
    }

    /// A comma was read: only `range` may go on to another variable, once.
    fn check_comma(&mut self, context: &str, count: usize) -> Result<(), ParseError> {
        if context != "range" || count >= 2 {
            return self.error(&format!("too many declarations in {context}"));
        }
        match self.peek_non_space().kind {
            TokenKind::Variable | TokenKind::RightDelim | TokenKind::RightParen => Ok(()),
            _ => self.error("range can only initialize variables"),
        }
    }

    fn check(&self, commands: &[Command], context: &str) -> Result<(), ParseError> {
        if commands.is_empty() {
            return self.error(&format!("missing value for {context}"));
        }
        let is_constant = |command: &Command| {
            command.args.first().is_some_and(|first| {
                use ExprKind::{Bool, Dot, Nil, Number, Text};
                matches!(first.kind, Bool(_) | Dot | Nil | Number(_) | Text { .. })
            })
        };
        match commands.iter().skip(1).position(is_constant) {
            Some(index) => self.error(&format!("non executable command in pipeline stage {}", index + 2)),
            None => Ok(()),
        }
    }

    fn command(&mut self) -> Result<Command, ParseError> {
        let pos = position(self.peek_non_space());
        let mut args = Vec::new();
        loop {
            args.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelim | TokenKind::RightParen => self.give_back(token),
                TokenKind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if args.is_empty() {
            return self.error("empty command");
        }
        Ok(Command { pos, args })
    }

    /// A term with the fields behind it; nothing if none stands here.
    fn operand(&mut self) -> Result<Option<Expr>, ParseError> {
        let Some(mut term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let mut added = Vec::new();
        while self.peek().kind == TokenKind::Field {
            added.push(field_name(self.next()));
        }
        let pos = position(first);
        match &mut term.kind {
            ExprKind::Field(fields) | ExprKind::Variable { fields, .. } => {
                fields.append(&mut added);
                term.pos = pos;
                Ok(Some(term))
            }
            ExprKind::Bool(_) | ExprKind::Text { .. } | ExprKind::Number(_) | ExprKind::Nil | ExprKind::Dot => {
                let term = format::quoted(term.to_string().as_bytes());
                self.error(&format!("unexpected . after term {term}"))
            }
            _ => Ok(Some(Expr { pos, kind: ExprKind::Chain { node: Box::new(term), fields: added } })),
        }
    }

    fn term(&mut self) -> Result<Option<Expr>, ParseError> {
        let token = self.next_non_space();
        let mut pos = position(token);
        let kind = match token.kind {
            TokenKind::Identifier => self.function(token)?,
            TokenKind::Dot => ExprKind::Dot,
            TokenKind::Keyword(Keyword::Nil) => ExprKind::Nil,
            TokenKind::Variable => self.variable(token)?,
            TokenKind::Field => ExprKind::Field(vec![field_name(token)]),
            TokenKind::Bool => ExprKind::Bool(token.text == b"true"),
            TokenKind::Rune | TokenKind::Complex | TokenKind::Number => self.number(token)?,
            TokenKind::LeftParen => {
                let pipe = self.parenthesised()?;
                pos = pipe.pos;
                ExprKind::Pipe(Box::new(pipe))
            }
            TokenKind::Quoted | TokenKind::RawQuoted => {
                let Some(value) = unquote::unquote(token.text) else { return self.error(unquote::INVALID) };
                ExprKind::Text { quoted: token.text.into(), value: value.into() }
            }
            _ => {
                self.give_back(token);
                return Ok(None);
            }
        };
        Ok(Some(Expr { pos, kind }))
    }

    fn parenthesised(&mut self) -> Result<Pipe, ParseError> {
        if self.parens >= PARENS {
            return self.error("max expression depth exceeded");
        }
        self.guard()?;
        self.parens += 1;
        let pipe = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
        self.parens -= 1;
        Ok(pipe)
    }

    fn function(&self, token: Token<'_>) -> Result<ExprKind, ParseError> {
        let name = String::from_utf8_lossy(token.text);
        match self.functions.get(&name) {
            Some(function) => Ok(ExprKind::Function(function.clone())),
            None => self.error(&format!("function {} not defined", format::quoted(token.text))),
        }
    }

    fn variable(&self, token: Token<'_>) -> Result<ExprKind, ParseError> {
        let name: Rc<str> = String::from_utf8_lossy(token.text).into();
        if !self.scope.knows(&name) {
            return self.error(&format!("undefined variable {}", format::quoted(token.text)));
        }
        let slot = self.scope.slot(&name);
        Ok(ExprKind::Variable { variable: Variable { name, slot }, fields: Vec::new() })
    }

    fn number(&self, token: Token<'_>) -> Result<ExprKind, ParseError> {
        let text = String::from_utf8_lossy(token.text).into_owned();
        let number = if token.kind == TokenKind::Rune {
            unquote::unquote_rune(token.text).map(|code| Number::rune(text, code))
        } else {
            Number::parse(&text)
        };
        number.map(|number| ExprKind::Number(Box::new(number))).or_else(|message| self.error(&message))
    }
}

fn begins_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Bool
            | TokenKind::Rune
            | TokenKind::Complex
            | TokenKind::Dot
            | TokenKind::Field
            | TokenKind::Identifier
            | TokenKind::Number
            | TokenKind::Keyword(Keyword::Nil)
            | TokenKind::RawQuoted
            | TokenKind::Quoted
            | TokenKind::Variable
            | TokenKind::LeftParen
    )
}

/// The name of a field, without its dot.
fn field_name(token: Token<'_>) -> Rc<str> {
    String::from_utf8_lossy(token.text.get(1..).unwrap_or_default()).into()
}
