//! From text to templates that are ready to be carried out.

mod lexer;
mod number;
mod parser;
mod pipeline;
mod scope;
mod shown;
mod token;
pub(in crate::template) mod tree;
mod unquote;

pub(in crate::template) use number::parse_hexadecimal;
pub(in crate::template) use parser::parse;
