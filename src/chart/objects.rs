//! What a template sees of a chart: `.Chart`, `.Files`, `.Capabilities` and the maps around them.

mod capabilities;
mod files;
mod metadata;

use std::borrow::Cow;

use crate::template::collection::Map;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::value::Value;

pub(crate) use capabilities::CapabilitiesObject;
pub(crate) use files::Files;
pub(crate) use metadata::ChartObject;

/// The Go type of values and of a template's dot.
pub(crate) const VALUES: &str = "chartutil.Values";

/// A map that goes by another type's name and still is the same map: what is set in one is seen in the other.
pub(crate) struct Renamed {
    name: &'static str,
    map: Map,
}

impl Renamed {
    /// The map under the name `chartutil.Values`.
    pub(crate) fn values(map: &Map) -> Value {
        Value::object(Self { name: VALUES, map: map.clone() })
    }
}

impl Object for Renamed {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.name)
    }

    fn shape(&self) -> Shape {
        Shape::Map(self.map.clone())
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.map.get(name)
    }
}

/// A map of these entries, for JSON names.
pub(crate) fn map_of<'e>(entries: impl IntoIterator<Item = (&'e str, Value)>) -> Map {
    let map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}
