//! YAML as Kubernetes tooling reads and writes it: YAML 1.1 resolution, go-yaml's emitter (pure).

mod node;

pub use node::Entry;
pub use node::Node;
pub use node::Position;
pub use node::Value;
