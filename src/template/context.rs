//! The state of one rendering, handed to every function.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use crate::template::error::RenderError;
use crate::template::format;
use crate::template::functions::FunctionError;
use crate::template::functions::Functions;
use crate::template::interpret::Interpreter;
use crate::template::interpret::Operand;
use crate::template::namespace::Namespace;
use crate::template::options::NoValue;
use crate::template::options::Options;
use crate::template::parse;
use crate::template::parse::tree::Template;
use crate::template::stack;
use crate::template::text::Text;
use crate::template::value::Value;
use crate::template::world::World;

/// The state of one rendering: what functions may ask of the outside, and how far the rendering has come.
pub struct Context<'w> {
    /// The outside: clock, randomness, names, cluster.
    pub world: &'w mut dyn World,
    pub(in crate::template) options: Rc<Options>,
    pub(in crate::template) namespace: Rc<Namespace>,
    functions: Rc<Functions>,
    /// The values of the variables of all templates at work, each template's behind those of the one that called it.
    pub(in crate::template) variables: Vec<Operand>,
    /// Argument lists that are not in use.
    pub(in crate::template) spare_args: Vec<Vec<Value>>,
    /// How often each template stands inside itself through `include`.
    included: HashMap<Text, usize>,
    /// What `tpl` was given, parsed.
    texts: HashMap<Text, Rc<[Rc<Template>]>>,
    steps: u64,
    written: usize,
}

/// A limit that was reached.
pub(in crate::template) struct LimitReached(pub(in crate::template) String);

impl<'w> Context<'w> {
    /// A context without templates, in which every function works that needs none.
    pub fn new(world: &'w mut dyn World) -> Self {
        Self::of(world, Rc::default(), Rc::default(), Rc::default())
    }

    /// A context in which these templates are known.
    pub(in crate::template) fn of(
        world: &'w mut dyn World,
        namespace: Rc<Namespace>,
        functions: Rc<Functions>,
        options: Rc<Options>,
    ) -> Self {
        Self {
            world,
            options,
            namespace,
            functions,
            variables: Vec::new(),
            spare_args: Vec::new(),
            included: HashMap::new(),
            texts: HashMap::new(),
            steps: 0,
            written: 0,
        }
    }

    /// Counts one action or command.
    pub(in crate::template) fn step(&mut self) -> Result<(), LimitReached> {
        self.steps += 1;
        if self.steps > self.options.limits.steps {
            return Err(LimitReached(format!("more than {} steps", self.options.limits.steps)));
        }
        Ok(())
    }

    /// Counts text that was made.
    pub(in crate::template) fn wrote(&mut self, bytes: usize) -> Result<(), LimitReached> {
        self.written += bytes;
        if self.written > self.options.limits.output {
            return Err(LimitReached(format!("more than {} bytes of text", self.options.limits.output)));
        }
        Ok(())
    }

    /// Renders the template `name` as Helm's `include` does: its text as it is, `<no value>` too.
    pub fn include(&mut self, name: &Text, dot: Value) -> Result<Text, FunctionError> {
        let limit = self.options.limits.includes;
        let count = self.included.entry(name.clone()).or_default();
        if *count > limit {
            let text = format!("rendering template has a nested reference name: {name}: unable to execute template");
            return Err(FunctionError::new(text));
        }
        *count += 1;
        let rendered = self.render_named(name, dot);
        if let Some(count) = self.included.get_mut(name) {
            *count -= 1;
        }
        rendered
            .map(Text::from)
            .map_err(|error| FunctionError::Nested { prefix: String::new(), error: Box::new(error) })
    }

    /// Renders the template of that name.
    pub(in crate::template) fn render_named(&mut self, name: &Text, dot: Value) -> Result<Vec<u8>, RenderError> {
        match self.namespace.get(&name.lossy()) {
            Some(template) => self.render(&template, dot),
            None => Err(RenderError {
                message: format!(
                    "template: no template {} associated with template {}",
                    format::quoted(name),
                    format::quoted(self.options.name.as_bytes())
                ),
                ..RenderError::default()
            }),
        }
    }

    fn render(&mut self, template: &Template, dot: Value) -> Result<Vec<u8>, RenderError> {
        let mut out = Vec::new();
        let outer = self.variables.len();
        let result = Interpreter::new(self, &mut out, template, Operand::given(dot.clone())).run(&Operand::given(dot));
        self.variables.truncate(outer);
        result.map(|()| out).map_err(|error| *error)
    }

    /// Renders `text` as Helm's `tpl` does: what it defines is known inside of it only.
    pub fn render_text(&mut self, text: &Text, dot: Value) -> Result<Text, FunctionError> {
        let templates = self.parsed(text)?;
        let Some(root) = templates.last().cloned() else { return Ok(Text::default()) };
        let inner = Rc::new(Namespace::inside(&self.namespace, &templates));
        let outer = std::mem::replace(&mut self.namespace, inner);
        let result = self.render(&root, dot);
        self.namespace = outer;
        match result {
            Ok(out) => Ok(without_no_value(out, self.options.no_value).into()),
            Err(error) => {
                let prefix = format!("error during tpl function execution for {}: ", format::quoted(text));
                Err(FunctionError::Nested { prefix, error: Box::new(error) })
            }
        }
    }

    fn parsed(&mut self, text: &Text) -> Result<Rc<[Rc<Template>]>, FunctionError> {
        if let Some(templates) = self.texts.get(text) {
            return Ok(templates.clone());
        }
        let name = self.options.name.as_str().into();
        let parsed = stack::entered(|| parse::parse(&name, text, &self.functions, &self.options.delimiters));
        let templates: Rc<[_]> = parsed
            .map_err(|error| FunctionError::new(format!("cannot parse template {}: {error}", format::quoted(text))))?
            .into();
        self.texts.insert(text.clone(), templates.clone());
        Ok(templates)
    }
}

/// Takes `<no value>` out, if that is asked for.
pub(in crate::template) fn without_no_value(out: Vec<u8>, no_value: NoValue) -> Vec<u8> {
    const NEEDLE: &[u8] = b"<no value>";
    let at = |text: &[u8]| text.windows(NEEDLE.len()).position(|window| window == NEEDLE);
    if no_value == NoValue::Keep {
        return out;
    }
    let Some(mut found) = at(&out) else { return out };
    let mut kept = Vec::with_capacity(out.len());
    let mut rest = &out[..];
    loop {
        kept.extend_from_slice(&rest[..found]);
        rest = &rest[found + NEEDLE.len()..];
        match at(rest) {
            Some(next) => found = next,
            None => break,
        }
    }
    kept.extend_from_slice(rest);
    kept
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").field("steps", &self.steps).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::without_no_value;
    use crate::template::options::NoValue;

    #[test]
    fn no_value_goes_wherever_it_stands() {
        let stripped = |text: &str| without_no_value(text.as_bytes().to_vec(), NoValue::Remove);
        assert_eq!(stripped("<no value>a<no value><no value>b<no val<no value>ue>"), b"ab<no value>");
        assert_eq!(without_no_value(b"<no value>".to_vec(), NoValue::Keep), b"<no value>");
    }
}
