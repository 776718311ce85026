//! `.Capabilities`.

use std::borrow::Cow;
use std::rc::Rc;

use crate::chart::capabilities::Capabilities;
use crate::chart::capabilities::KubeVersion;
use crate::chart::objects::map_of;
use crate::template::collection::CollectionType;
use crate::template::collection::Element;
use crate::template::collection::List;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Kind;
use crate::template::value::Value;

/// The Go type of a set of API versions.
const VERSION_SET: CollectionType = CollectionType { name: "chartutil.VersionSet", element: Element::Text };

/// What a cluster can do, as a pointer to a struct.
pub(crate) struct CapabilitiesObject {
    kube_version: Rc<KubeVersionObject>,
    api_versions: Rc<VersionSet>,
}

struct KubeVersionObject(KubeVersion);

struct VersionSet(List);

struct HelmVersion;

impl CapabilitiesObject {
    /// What templates see of these capabilities.
    pub(crate) fn of(capabilities: &Capabilities) -> Value {
        let versions = capabilities.api_versions.iter().map(|version| version.as_str().into()).collect();
        Value::object(Self {
            kube_version: Rc::new(KubeVersionObject(capabilities.kube_version.clone())),
            api_versions: Rc::new(VersionSet(List::typed(VERSION_SET, versions))),
        })
    }
}

impl Object for CapabilitiesObject {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed("*chartutil.Capabilities")
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn shape(&self) -> Shape {
        Shape::Struct(vec![
            ("KubeVersion", Value::Object(self.kube_version.clone())),
            ("APIVersions", Value::Object(self.api_versions.clone())),
            ("HelmVersion", Value::object(HelmVersion)),
        ])
    }
}

impl Object for KubeVersionObject {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed("chartutil.KubeVersion")
    }

    fn shape(&self) -> Shape {
        Shape::Struct(vec![
            ("Version", self.0.version.as_str().into()),
            ("Major", self.0.major.as_str().into()),
            ("Minor", self.0.minor.as_str().into()),
        ])
    }

    fn method(&self, name: &str) -> Option<Signature> {
        matches!(name, "GitVersion" | "String").then_some(Signature::new(&[]))
    }

    fn call(&self, _: &str, _: &mut Context<'_>, _: Args<'_>) -> Result<Value, FunctionError> {
        Ok(self.0.version.as_str().into())
    }

    fn display(&self) -> Option<Text> {
        Some(self.0.version.as_str().into())
    }
}

impl Object for VersionSet {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(VERSION_SET.name)
    }

    fn shape(&self) -> Shape {
        Shape::List(self.0.clone())
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "Has").then_some(Signature::new(&[Param::Text]))
    }

    fn call(&self, _: &str, _: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        let wanted = args.text(0)?;
        Ok(self.0.items().iter().any(|version| version.as_text() == Some(wanted)).into())
    }
}

impl Object for HelmVersion {
    fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed("version.BuildInfo")
    }

    fn shape(&self) -> Shape {
        let (version, go_version) = Capabilities::helm_version();
        Shape::Struct(vec![
            ("Version", version.into()),
            ("GitCommit", "".into()),
            ("GitTreeState", "".into()),
            ("GoVersion", go_version.into()),
        ])
    }

    fn json(&self) -> Option<Value> {
        let (version, go_version) = Capabilities::helm_version();
        Some(map_of([("version", version.into()), ("go_version", go_version.into())]).into())
    }
}
