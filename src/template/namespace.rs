//! Which templates are known: a set, and inside of `tpl` a layer over it.

use std::collections::HashMap;
use std::rc::Rc;

use crate::template::parse::tree::Template;

/// Templates by name, in layers: what a layer does not have is looked for in the one below.
#[derive(Debug, Clone, Default)]
pub(in crate::template) struct Namespace {
    own: HashMap<Rc<str>, Rc<Template>>,
    below: Option<Rc<Namespace>>,
}

impl Namespace {
    /// A layer with these templates over `below`.
    pub(in crate::template) fn inside(below: &Rc<Self>, templates: &[Rc<Template>]) -> Self {
        let mut layer = Self { own: HashMap::with_capacity(templates.len()), below: Some(below.clone()) };
        for template in templates {
            layer.add(template);
        }
        layer
    }

    /// Makes a template known. It replaces one of its name, unless it is empty.
    pub(in crate::template) fn add(&mut self, template: &Rc<Template>) {
        if !template.is_empty() || self.get(&template.name).is_none() {
            self.own.insert(template.name.clone(), template.clone());
        }
    }

    /// The template of that name.
    pub(in crate::template) fn get(&self, name: &str) -> Option<Rc<Template>> {
        let mut layer = self;
        loop {
            if let Some(template) = layer.own.get(name) {
                return Some(template.clone());
            }
            layer = layer.below.as_deref()?;
        }
    }

    /// The names of all, sorted.
    pub(in crate::template) fn names(&self) -> Vec<Rc<str>> {
        let mut names: Vec<_> = self.own.keys().cloned().collect();
        if let Some(below) = &self.below {
            names.extend(below.names());
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}
