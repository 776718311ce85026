//! The actions: what stands between delimiters, and how they nest.

use std::collections::HashSet;
use std::rc::Rc;

use crate::template::error::ParseError;
use crate::template::format;
use crate::template::functions::Functions;
use crate::template::options::Delimiters;
use crate::template::parse::lexer::Lexer;
use crate::template::parse::scope::Scope;
use crate::template::parse::token::Keyword;
use crate::template::parse::token::Token;
use crate::template::parse::token::TokenKind;
use crate::template::parse::tree::Action;
use crate::template::parse::tree::Call;
use crate::template::parse::tree::Control;
use crate::template::parse::tree::Node;
use crate::template::parse::tree::Source;
use crate::template::parse::tree::Template;
use crate::template::parse::unquote;
use crate::template::stack;

/// Parses `text` and returns the templates it defines; the last one is `name` itself.
pub(in crate::template) fn parse(
    name: &Rc<str>,
    text: &[u8],
    functions: &Functions,
    delimiters: &Delimiters,
) -> Result<Vec<Rc<Template>>, ParseError> {
    if u32::try_from(text.len()).is_err() {
        return Err(ParseError(format!("template: {name}:1: text is longer than 4 GiB")));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text, delimiters),
        functions,
        source: Rc::new(Source::new(name.clone(), text)),
        ahead: Vec::new(),
        line: 1,
        scope: Scope::new(),
        parens: 0,
        names: HashSet::new(),
        done: Vec::new(),
    };
    parser.file(name)?;
    Ok(parser.done)
}

/// Reads tokens and builds templates.
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    pub(super) functions: &'a Functions,
    source: Rc<Source>,
    /// Tokens that were read and given back; the last is the next.
    ahead: Vec<Token<'a>>,
    /// The line of the token that was read last.
    line: usize,
    pub(super) scope: Scope,
    /// How many parentheses are open.
    pub(super) parens: usize,
    /// Names of the templates with a content so far.
    names: HashSet<Rc<str>>,
    done: Vec<Rc<Template>>,
}

/// What ends a list of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    End,
    Else,
}

impl End {
    fn shown(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// A node, or the end of the list it would stand in.
enum Item {
    Node(Node),
    End(End),
}

/// The pipelines that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    If,
    With,
    Range,
}

impl<'a> Parser<'a> {
    pub(super) fn next(&mut self) -> Token<'a> {
        if let Some(token) = self.ahead.pop() {
            return token;
        }
        let token = self.lexer.next();
        self.line = token.line;
        token
    }

    pub(super) fn give_back(&mut self, token: Token<'a>) {
        self.ahead.push(token);
    }

    pub(super) fn peek(&mut self) -> Token<'a> {
        let token = self.next();
        self.give_back(token);
        token
    }

    pub(super) fn next_non_space(&mut self) -> Token<'a> {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token<'a> {
        let token = self.next_non_space();
        self.give_back(token);
        token
    }

    pub(super) fn error<T>(&self, message: &str) -> Result<T, ParseError> {
        Err(ParseError(format!("template: {}:{}: {message}", self.source.name, self.line)))
    }

    pub(super) fn unexpected<T>(&self, token: Token<'_>, context: &str) -> Result<T, ParseError> {
        if token.kind != TokenKind::Error {
            return self.error(&format!("unexpected {} in {context}", token.shown()));
        }
        let message = self.lexer.failure();
        let started = self.scope.action_line;
        if started == 0 || started == token.line {
            return self.error(message);
        }
        let action = if message.ends_with(" action") { "" } else { " in action" };
        self.error(&format!("{message}{action} started at {}:{started}", self.source.name))
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Result<Token<'a>, ParseError> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    /// Nesting costs stack, which is not endless.
    pub(super) fn guard(&self) -> Result<(), ParseError> {
        if stack::is_low() { self.error("max nesting depth exceeded") } else { Ok(()) }
    }

    fn file(&mut self, name: &Rc<str>) -> Result<(), ParseError> {
        let mut body = Vec::new();
        while self.peek().kind != TokenKind::Eof {
            if let Some(delim) = self.take(TokenKind::LeftDelim) {
                let token = self.next_non_space();
                if token.kind == TokenKind::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.give_back(token);
                self.give_back(delim);
            }
            match self.text_or_action()? {
                Item::Node(node) => body.push(node),
                Item::End(end) => return self.error(&format!("unexpected {}", end.shown())),
            }
        }
        let slots = self.scope.slots();
        self.add(name, body, slots)
    }

    fn take(&mut self, kind: TokenKind) -> Option<Token<'a>> {
        let token = self.next();
        if token.kind == kind {
            return Some(token);
        }
        self.give_back(token);
        None
    }

    /// Keeps a template; of those with a content there may be one of a name in a file.
    fn add(&mut self, name: &Rc<str>, body: Vec<Node>, slots: usize) -> Result<(), ParseError> {
        let template = Template { name: name.clone(), source: self.source.clone(), body, slots };
        if !template.is_empty() && !self.names.insert(name.clone()) {
            let name = format::quoted(name.as_bytes());
            return self.error(&format!("template: multiple definition of template {name}"));
        }
        self.done.push(Rc::new(template));
        Ok(())
    }

    fn definition(&mut self) -> Result<(), ParseError> {
        let context = "define clause";
        let token = self.next_non_space();
        let name = self.template_name(token, context)?;
        self.inner_template(&name, context, true)
    }

    /// The body of `define` or `block`: a template with variables of its own.
    fn inner_template(&mut self, name: &Rc<str>, context: &str, is_define: bool) -> Result<(), ParseError> {
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let parens = std::mem::take(&mut self.parens);
        if is_define {
            self.expect(TokenKind::RightDelim, context)?;
        }
        let (body, end) = self.list()?;
        if end != End::End {
            return self.error(&format!("unexpected {} in {context}", end.shown()));
        }
        self.add(name, body, self.scope.slots())?;
        (self.scope, self.parens) = (outer, parens);
        Ok(())
    }

    fn list(&mut self) -> Result<(Vec<Node>, End), ParseError> {
        self.guard()?;
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != TokenKind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::End(end) => return Ok((nodes, end)),
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Item, ParseError> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => Ok(Item::Node(Node::Text(token.text.into()))),
            TokenKind::LeftDelim => {
                self.scope.action_line = token.line;
                let item = self.action();
                if item.is_ok() {
                    self.scope.action_line = 0;
                }
                item
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Result<Item, ParseError> {
        let token = self.next_non_space();
        if let TokenKind::Keyword(keyword) = token.kind {
            match keyword {
                Keyword::Block => return self.block(),
                Keyword::Break => return self.leave_range("{{break}}", Node::Break),
                Keyword::Continue => return self.leave_range("{{continue}}", Node::Continue),
                Keyword::Else => return self.otherwise(),
                Keyword::End => return self.expect(TokenKind::RightDelim, "end").map(|_| Item::End(End::End)),
                Keyword::If => return Ok(Item::Node(Node::If(self.control(Kind::If)?))),
                Keyword::With => return Ok(Item::Node(Node::With(self.control(Kind::With)?))),
                Keyword::Range => return Ok(Item::Node(Node::Range(self.control(Kind::Range)?))),
                Keyword::Template => return self.call(),
                Keyword::Define | Keyword::Nil => {}
            }
        }
        self.give_back(token);
        let pipe = self.pipeline("command", TokenKind::RightDelim)?;
        Ok(Item::Node(Node::Action(Action { pos: position(token), pipe })))
    }

    fn leave_range(&mut self, shown: &str, node: Node) -> Result<Item, ParseError> {
        self.expect(TokenKind::RightDelim, shown)?;
        if self.scope.ranges == 0 {
            return self.error(&format!("{shown} outside {{{{range}}}}"));
        }
        Ok(Item::Node(node))
    }

    fn otherwise(&mut self) -> Result<Item, ParseError> {
        let next = self.peek_non_space().kind;
        if !matches!(next, TokenKind::Keyword(Keyword::If | Keyword::With)) {
            self.expect(TokenKind::RightDelim, "else")?;
        }
        Ok(Item::End(End::Else))
    }

    fn control(&mut self, kind: Kind) -> Result<Control, ParseError> {
        let mark = self.scope.enter();
        let context = match kind {
            Kind::If => "if",
            Kind::With => "with",
            Kind::Range => "range",
        };
        let pipe = self.pipeline(context, TokenKind::RightDelim)?;
        self.scope.ranges += usize::from(kind == Kind::Range);
        let (body, end) = self.list()?;
        self.scope.ranges -= usize::from(kind == Kind::Range);
        let otherwise = if end == End::Else { Some(self.else_list(kind)?) } else { None };
        self.scope.leave(mark);
        Ok(Control { pipe, body, otherwise })
    }

    /// What follows `else`: a list, or another `if` or `with` that ends with this one.
    fn else_list(&mut self, kind: Kind) -> Result<Vec<Node>, ParseError> {
        let next = self.peek().kind;
        if kind == Kind::If && next == TokenKind::Keyword(Keyword::If) {
            self.next();
            return Ok(vec![Node::If(self.control(Kind::If)?)]);
        }
        if kind == Kind::With && next == TokenKind::Keyword(Keyword::With) {
            self.next();
            return Ok(vec![Node::With(self.control(Kind::With)?)]);
        }
        let (list, end) = self.list()?;
        if end != End::End {
            return self.error(&format!("expected end; found {}", end.shown()));
        }
        Ok(list)
    }

    fn template_name(&self, token: Token<'_>, context: &str) -> Result<Rc<str>, ParseError> {
        if !matches!(token.kind, TokenKind::Quoted | TokenKind::RawQuoted) {
            return self.unexpected(token, context);
        }
        let Some(name) = unquote::unquote(token.text) else { return self.error(unquote::INVALID) };
        Ok(String::from_utf8_lossy(&name).into())
    }

    fn call(&mut self) -> Result<Item, ParseError> {
        let context = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, context)?;
        let next = self.next_non_space();
        let mut pipe = None;
        if next.kind != TokenKind::RightDelim {
            self.give_back(next);
            pipe = Some(self.pipeline(context, TokenKind::RightDelim)?);
        }
        Ok(Item::Node(Node::Template(Call { pos: position(token), name, pipe })))
    }

    fn block(&mut self) -> Result<Item, ParseError> {
        let context = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, context)?;
        let pipe = self.pipeline(context, TokenKind::RightDelim)?;
        self.inner_template(&name, context, false)?;
        Ok(Item::Node(Node::Template(Call { pos: position(token), name, pipe: Some(pipe) })))
    }
}

/// Where a token begins; texts of 4 GiB are refused at the beginning.
pub(super) fn position(token: Token<'_>) -> u32 {
    u32::try_from(token.pos).unwrap_or(u32::MAX)
}
