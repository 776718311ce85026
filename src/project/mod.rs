//! werf.yaml: images, mappings, policies (pure).
