//! `.Files`.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::chart::ChartFile;
use crate::chart::pattern;
use crate::template::collection::CollectionType;
use crate::template::collection::Element;
use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Value;
use crate::yaml;

/// The Go type.
const FILES: CollectionType = CollectionType { name: "engine.files", element: Element::Bytes };

/// The files of a chart that are no templates, by path.
pub(crate) struct Files(Map);

impl Files {
    /// The files of a chart.
    pub(crate) fn of(files: &[ChartFile]) -> Value {
        let map = Map::typed(FILES);
        for file in files {
            map.insert(file.name.as_str(), Value::Bytes(file.data.as_slice().into()));
        }
        Value::object(Self(map))
    }

    fn bytes(&self, path: &Text) -> Text {
        match self.0.get(path) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => Text::default(),
        }
    }

    fn glob(&self, pattern: &Text) -> Value {
        let glob = pattern::glob(&pattern.lossy());
        let found = Map::typed(FILES);
        for (path, content) in self.0.entries() {
            if glob.is_match(&path.lossy()) {
                found.insert(path, content);
            }
        }
        Value::object(Self(found))
    }

    fn lines(&self, path: &Text) -> Value {
        let content = self.bytes(path);
        let content = content.strip_suffix(b"\n").unwrap_or(&content);
        if content.is_empty() && self.bytes(path).is_empty() {
            return Value::strings(Vec::<Text>::new());
        }
        Value::strings(content.split(|byte| *byte == b'\n').map(Text::from))
    }

    /// The contents by file name as YAML; empty if they cannot be written as such.
    fn as_yaml(&self, shown: impl Fn(&Text) -> String) -> Value {
        let mut data = serde_json::Map::new();
        for (path, content) in self.0.entries() {
            let name = path.lossy().rsplit('/').next().unwrap_or_default().to_owned();
            if let Value::Bytes(content) = content {
                data.insert(name, Json::String(shown(&content)));
            }
        }
        let text = yaml::emit::to_string(&Json::Object(data)).unwrap_or_default();
        text.strip_suffix('\n').unwrap_or(&text).into()
    }
}

impl Object for Files {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(FILES.name)
    }

    fn shape(&self) -> Shape {
        Shape::Map(self.0.clone())
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => Some(Signature::new(&[Param::Text])),
            "AsConfig" | "AsSecrets" => Some(Signature::new(&[])),
            _ => None,
        }
    }

    fn call(&self, name: &str, _: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        Ok(match name {
            "Get" => self.bytes(args.text(0)?).into(),
            "GetBytes" => Value::Bytes(self.bytes(args.text(0)?)),
            "Glob" => self.glob(args.text(0)?),
            "Lines" => self.lines(args.text(0)?),
            "AsConfig" => self.as_yaml(ToString::to_string),
            _ => self.as_yaml(|content| STANDARD.encode(content)),
        })
    }
}
