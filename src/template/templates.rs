//! A set of templates.

use std::rc::Rc;

use crate::template::context::Context;
use crate::template::context::without_no_value;
use crate::template::error::ParseError;
use crate::template::error::RenderError;
use crate::template::functions::Functions;
use crate::template::namespace::Namespace;
use crate::template::options::Options;
use crate::template::parse;
use crate::template::stack;
use crate::template::text::Text;
use crate::template::value::Value;
use crate::template::world::World;

/// Templates that know each other by name.
///
/// A set is filled once and rendered from as often as needed; clones share what was parsed.
#[derive(Debug, Clone)]
pub struct Templates {
    functions: Rc<Functions>,
    options: Rc<Options>,
    namespace: Rc<Namespace>,
}

impl Templates {
    /// An empty set whose templates may call `functions`.
    pub fn new(functions: Functions, options: Options) -> Self {
        Self { functions: Rc::new(functions), options: Rc::new(options), namespace: Rc::default() }
    }

    /// Parses `text` as the template `name`, together with what it defines.
    ///
    /// A template replaces an earlier one of its name, unless it is empty (white space and comments).
    ///
    /// # Errors
    /// The text is no template, or calls a function that is not known; nothing is added then.
    pub fn add(&mut self, name: &str, text: impl AsRef<[u8]>) -> Result<(), ParseError> {
        let (functions, delimiters) = (&self.functions, &self.options.delimiters);
        let parsed = stack::entered(|| parse::parse(&name.into(), text.as_ref(), functions, delimiters))?;
        let namespace = Rc::make_mut(&mut self.namespace);
        for template in &parsed {
            namespace.add(template);
        }
        Ok(())
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> Vec<Rc<str>> {
        self.namespace.names()
    }

    /// Renders the template `name` with `dot` as its data.
    ///
    /// What the data holds is shared: a template that calls `set` changes it for those rendered after it. Templates
    /// nest as deep as the stack allows; call it inside [`with_stack`](stack::with_stack) for Go's and Helm's depths.
    ///
    /// # Errors
    /// No such template, or it failed; nothing of its output is kept then.
    pub fn render(&self, name: &str, dot: Value, world: &mut dyn World) -> Result<Text, RenderError> {
        let (namespace, functions, options) = (self.namespace.clone(), self.functions.clone(), self.options.clone());
        let mut context = Context::of(world, namespace, functions, options);
        let out = stack::entered(|| context.render_named(&name.into(), dot))?;
        Ok(without_no_value(out, self.options.no_value).into())
    }
}
