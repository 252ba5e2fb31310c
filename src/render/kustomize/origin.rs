//! Where an object comes from and what changed it, as `buildMetadata` asks for it.
//!
//! In: paths from the kustomization that is rendered. Out: the text of the annotations. It is kept only when asked for.

use std::fmt::Write;

/// A file that an object was read from, or what made it and where that is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The file, from the folder that is rendered.
    pub(super) path: Option<String>,
    /// The file that the generator or transformer is configured in.
    pub(super) configured_in: Option<String>,
    /// The generator or transformer.
    pub(super) configured_by: Option<Plugin>,
}

/// How a generator or transformer is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plugin {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: String,
}

impl Origin {
    /// Of a file.
    pub(super) fn of_file(path: String) -> Self {
        Self { path: Some(path), configured_in: None, configured_by: None }
    }

    /// Of a built-in generator or transformer of a kustomization.
    pub(super) fn of_builtin(kustomization: &str, kind: &str) -> Self {
        let plugin =
            Plugin { api_version: "builtin".into(), kind: kind.into(), name: String::new(), namespace: String::new() };
        Self { path: None, configured_in: Some(kustomization.to_owned()), configured_by: Some(plugin) }
    }

    /// The text of the annotation `config.kubernetes.io/origin`.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, "");
        text
    }

    fn write(&self, text: &mut String, indent: &str) {
        // A string takes any text.
        for (key, value) in [("path", &self.path), ("configuredIn", &self.configured_in)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{indent}{key}: {value}");
            }
        }
        if let Some(Plugin { api_version, kind, name, namespace }) = &self.configured_by {
            let _ = writeln!(text, "{indent}configuredBy:");
            let fields = [("apiVersion", api_version), ("kind", kind), ("name", name), ("namespace", namespace)];
            let indent = format!("{indent}  ");
            for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                let _ = writeln!(text, "{indent}{key}: {value}");
            }
        }
    }
}

/// The text of the annotation `alpha.config.kubernetes.io/transformations`.
pub(super) fn transformations_text(origins: &[Origin]) -> String {
    let mut text = String::new();
    for origin in origins {
        let start = text.len();
        origin.write(&mut text, "  ");
        if text.len() > start {
            text.replace_range(start..=start, "-");
        }
    }
    text
}
