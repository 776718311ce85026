//! `.Chart`.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::chart::coalesce;
use crate::chart::metadata::Dependency;
use crate::chart::metadata::Maintainer;
use crate::chart::metadata::Metadata;
use crate::template::collection::CollectionType;
use crate::template::collection::Element;
use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::value::Kind;
use crate::template::value::Value;

/// The metadata of a chart, and whether it is the root.
pub(crate) struct ChartObject {
    metadata: Rc<Struct>,
    is_root: bool,
}

/// A struct of Helm's: its fields by their Go names, and its JSON.
struct Struct {
    name: &'static str,
    pointer: bool,
    fields: Vec<(&'static str, Value)>,
    json: Json,
}

impl ChartObject {
    /// What a template of that chart sees.
    pub(crate) fn of(metadata: &Metadata, is_root: bool) -> Value {
        Value::object(Self { metadata: Rc::new(chart(metadata)), is_root })
    }
}

impl Object for ChartObject {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed("struct { chart.Metadata; IsRoot bool }")
    }

    fn shape(&self) -> Shape {
        let metadata = Value::Object(self.metadata.clone());
        Shape::Struct(vec![("Metadata", metadata), ("IsRoot", self.is_root.into())])
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "IsRoot" => Some(self.is_root.into()),
            "Metadata" => Some(Value::Object(self.metadata.clone())),
            // The fields of an embedded struct are fields of the outer one.
            name => self.metadata.field(name),
        }
    }

    fn json(&self) -> Option<Value> {
        let value = self.metadata.json()?;
        value.as_map()?.insert("IsRoot", self.is_root);
        Some(value)
    }
}

impl Object for Struct {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.name)
    }

    fn kind(&self) -> Kind {
        if self.pointer { Kind::Ptr } else { Kind::Struct }
    }

    fn shape(&self) -> Shape {
        Shape::Struct(self.fields.clone())
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn json(&self) -> Option<Value> {
        Some(coalesce::to_value(&self.json))
    }
}

fn chart(metadata: &Metadata) -> Struct {
    let annotations = Map::typed(CollectionType::STRING_MAP);
    for (key, value) in &metadata.annotations {
        annotations.insert(key.as_str(), value.as_str());
    }
    let fields = vec![
        ("Name", metadata.name.as_str().into()),
        ("Home", metadata.home.as_str().into()),
        ("Sources", strings(&metadata.sources)),
        ("Version", metadata.version.as_str().into()),
        ("Description", metadata.description.as_str().into()),
        ("Keywords", strings(&metadata.keywords)),
        ("Maintainers", list("[]*chart.Maintainer", metadata.maintainers.iter().map(maintainer))),
        ("Icon", metadata.icon.as_str().into()),
        ("APIVersion", metadata.api_version.as_str().into()),
        ("Condition", metadata.condition.as_str().into()),
        ("Tags", metadata.tags.as_str().into()),
        ("AppVersion", metadata.app_version.as_str().into()),
        ("Deprecated", metadata.deprecated.into()),
        ("Annotations", annotations.into()),
        ("KubeVersion", metadata.kube_version.as_str().into()),
        ("Dependencies", list("[]*chart.Dependency", metadata.dependencies.iter().map(dependency))),
        ("Type", metadata.kind.as_str().into()),
    ];
    Struct { name: "chart.Metadata", pointer: false, fields, json: json(metadata) }
}

fn maintainer(maintainer: &Maintainer) -> Struct {
    let fields = vec![
        ("Name", maintainer.name.as_str().into()),
        ("Email", maintainer.email.as_str().into()),
        ("URL", maintainer.url.as_str().into()),
    ];
    Struct { name: "*chart.Maintainer", pointer: true, fields, json: json(maintainer) }
}

fn dependency(dependency: &Dependency) -> Struct {
    let imports = dependency.import_values.iter().map(coalesce::to_value).collect::<Vec<_>>();
    let fields = vec![
        ("Name", dependency.name.as_str().into()),
        ("Version", dependency.version.as_str().into()),
        ("Repository", dependency.repository.as_str().into()),
        ("Condition", dependency.condition.as_str().into()),
        ("Tags", strings(&dependency.tags)),
        ("Enabled", dependency.enabled.into()),
        ("ImportValues", imports.into()),
        ("Alias", dependency.alias.as_str().into()),
    ];
    Struct { name: "*chart.Dependency", pointer: true, fields, json: json(dependency) }
}

fn strings(items: &[String]) -> Value {
    Value::strings(items.iter().map(String::as_str))
}

fn list(name: &'static str, items: impl Iterator<Item = Struct>) -> Value {
    let kind = CollectionType { name, element: Element::Collection };
    Value::List(List::typed(kind, items.map(Value::object).collect()))
}

/// What cannot be written as JSON has no fields there; metadata always can.
fn json(value: &impl serde::Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}
