//! Versions as templates see them.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::functions::semver::version::Version;
use crate::template::functions::semver::version::check_metadata;
use crate::template::functions::semver::version::check_prerelease;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Kind;
use crate::template::value::UintType;
use crate::template::value::Value;

const POINTER: &str = "*semver.Version";
const COMPARING: Signature = Signature::new(&[Param::Object(POINTER)]);
const ASKING: Signature = Signature::new(&[]);
const SETTING: Signature = Signature::new(&[Param::Text]);

/// The methods without arguments that pointers and versions themselves have.
const METHODS: &[&str] = &[
    "Major",
    "Minor",
    "Patch",
    "Prerelease",
    "Metadata",
    "IncMajor",
    "IncMinor",
    "IncPatch",
    "MarshalText",
    "MarshalJSON",
    "Value",
    "String",
];

/// A version: what `semver` gives is a pointer to one, what `IncMinor` and the like give is one itself.
#[derive(Debug)]
pub(super) struct VersionObject {
    version: Version,
    is_pointer: bool,
}

impl VersionObject {
    pub(super) fn pointer(version: Version) -> Self {
        Self { version, is_pointer: true }
    }

    fn plain(version: Version) -> Value {
        Value::object(Self { version: version.rewritten(), is_pointer: false })
    }

    /// What a method without arguments gives.
    fn answer(&self, name: &str) -> Result<Value, FunctionError> {
        let version = &self.version;
        let uint = |number: u64| Value::Uint(number, UintType::Uint64);
        Ok(match name {
            "Major" => uint(version.major),
            "Minor" => uint(version.minor),
            "Patch" => uint(version.patch),
            "Prerelease" => version.pre.as_str().into(),
            "Metadata" => version.metadata.as_str().into(),
            "Original" => version.original.as_str().into(),
            "Value" | "String" => version.to_string().into(),
            "MarshalText" => Value::Bytes(version.to_string().into()),
            "MarshalJSON" => Value::Bytes(format!("\"{version}\"").into()),
            _ => Self::plain(increased(version, name)?),
        })
    }

    fn comparison(&self, name: &str, other: &Value) -> Result<Value, FunctionError> {
        let other = version_of(other).ok_or_else(FunctionError::nil_dereference)?;
        let order = self.version.compare(other);
        Ok(match name {
            "LessThan" => order.is_lt().into(),
            "LessThanEqual" => order.is_le().into(),
            "GreaterThan" => order.is_gt().into(),
            "GreaterThanEqual" => order.is_ge().into(),
            "Equal" => order.is_eq().into(),
            _ => sign(order).into(),
        })
    }

    fn set(&self, name: &str, text: String) -> Result<Value, FunctionError> {
        let mut version = self.version.clone();
        if name == "SetPrerelease" {
            check_prerelease(&text)?;
            version.pre = text;
        } else {
            check_metadata(&text)?;
            version.metadata = text;
        }
        Ok(Self::plain(version))
    }
}

/// The next version; that of a prerelease is its release.
fn increased(version: &Version, method: &str) -> Result<Version, FunctionError> {
    let mut next = Version { pre: String::new(), metadata: String::new(), ..version.clone() };
    let (name, number) = match method {
        "IncMajor" => {
            (next.minor, next.patch) = (0, 0);
            ("major", &mut next.major)
        }
        "IncMinor" => {
            next.patch = 0;
            ("minor", &mut next.minor)
        }
        _ if version.is_prerelease() => return Ok(next),
        _ => ("patch", &mut next.patch),
    };
    let overflow = || FunctionError::new(format!("{name} version increment would overflow uint64"));
    *number = number.checked_add(1).ok_or_else(overflow)?;
    Ok(next)
}

/// Go's -1, 0 and 1.
fn sign(order: Ordering) -> i64 {
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

fn version_of(value: &Value) -> Option<&Version> {
    let Value::Object(object) = value else { return None };
    let object: &dyn std::any::Any = object.as_ref();
    object.downcast_ref::<VersionObject>().map(|object| &object.version)
}

impl Object for VersionObject {
    fn type_name(&self) -> Cow<'static, str> {
        if self.is_pointer { POINTER.into() } else { "semver.Version".into() }
    }

    fn kind(&self) -> Kind {
        if self.is_pointer { Kind::Ptr } else { Kind::Struct }
    }

    fn shape(&self) -> Shape {
        let version = &self.version;
        let uint = |number: u64| Value::Uint(number, UintType::Uint64);
        Shape::Struct(vec![
            ("major", uint(version.major)),
            ("minor", uint(version.minor)),
            ("patch", uint(version.patch)),
            ("pre", version.pre.as_str().into()),
            ("metadata", version.metadata.as_str().into()),
            ("original", version.original.as_str().into()),
        ])
    }

    /// None of the fields is exported.
    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "SetPrerelease" | "SetMetadata" => Some(SETTING),
            "Original" if self.is_pointer => Some(ASKING),
            "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" | "Equal" | "Compare" => {
                self.is_pointer.then_some(COMPARING)
            }
            _ => METHODS.contains(&name).then_some(ASKING),
        }
    }

    fn call(&self, name: &str, _: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        match self.method(name) {
            Some(COMPARING) if name == "Equal" && args.any(0)?.is_nil() => Ok(false.into()),
            Some(COMPARING) => self.comparison(name, args.any(0)?),
            Some(SETTING) => self.set(name, args.text(0)?.lossy().into_owned()),
            _ => self.answer(name),
        }
    }

    fn display(&self) -> Option<Text> {
        Some(self.version.to_string().into())
    }

    fn json(&self) -> Option<Value> {
        Some(self.version.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::VersionObject;
    use crate::template::functions::semver::version::Version;
    use crate::template::object::Object;

    #[test]
    fn the_next_patch_of_a_prerelease_is_its_release() {
        let object = VersionObject::pointer(Version::parse("v1.2.3-rc.1").unwrap());
        assert_eq!(object.answer("IncPatch").unwrap().type_name(), "semver.Version");
        assert_eq!(crate::template::format::display(&object.answer("IncPatch").unwrap()).to_string(), "1.2.3");
        assert!(object.method("Compare").is_some() && object.field("major").is_none());
    }
}
