//! `images`: other names, tags and digests for images.
//!
//! In: an entry of `images`, and the fields that hold images beside those of containers. Out: objects with the images.

use regex::Regex;

use super::field_spec::FieldSpec;
use super::fields::{self, Make};
use super::kustomization::text;
use super::resources::Resources;
use crate::catalogue::render::TRANSFORMER;
use crate::manifest::{Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// An entry of `images`.
pub(super) struct Image<'i> {
    name: Regex,
    new_name: &'i str,
    new_tag: &'i str,
    digest: &'i str,
    tag_suffix: &'i str,
    /// Where the change is written: what it is that changes.
    span: Span,
}

impl<'i> Image<'i> {
    /// Reads an entry.
    pub(super) fn read(entry: &'i Owned) -> Fallible<Self> {
        let get = |key: &str| entry.get(key).map_or("", text);
        let name = get("name");
        let pattern =
            format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{{}}-]*)?$");
        let name = Regex::new(&pattern).map_err(|_| {
            let span = entry.get("name").map_or(entry.span, |name| name.span);
            Fault::new(&TRANSFORMER, span, format!("`{name}` is not an image's name"))
                .with_help("write it as the objects have it, without tag and digest")
        })?;
        let changed = ["newTag", "digest", "tagSuffix", "newName"].into_iter().find_map(|key| entry.get(key));
        let span = changed.map_or(entry.span, |node| node.span);
        let (new_name, new_tag) = (get("newName"), get("newTag"));
        Ok(Self { name, new_name, new_tag, digest: get("digest"), tag_suffix: get("tagSuffix"), span })
    }

    /// Changes the images of all objects.
    pub(super) fn apply(&self, resources: &mut Resources, specs: &[FieldSpec]) -> Fallible<()> {
        for resource in &mut resources.list {
            if resource.kind() == "CustomResourceDefinition" {
                continue;
            }
            self.containers(&mut resource.node)?;
            for spec in specs {
                fields::change(spec, &mut resource.node, Make::Nothing, self.span, &mut |field| self.change(field))?;
            }
        }
        Ok(())
    }

    /// The images of containers, wherever a list is called so.
    fn containers(&self, node: &mut Owned) -> Fallible<()> {
        match &mut node.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    self.containers(&mut entry.value)?;
                    if matches!(entry.key.as_ref(), "containers" | "initContainers") {
                        let items = entry.value.items_mut().map(Vec::as_mut_slice).unwrap_or_default();
                        items
                            .iter_mut()
                            .filter_map(|item| item.get_mut("image"))
                            .try_for_each(|image| self.change(image))?;
                    }
                }
                Ok(())
            }
            Value::Sequence(items) => items.iter_mut().try_for_each(|item| self.containers(item)),
            _ => Ok(()),
        }
    }

    fn change(&self, field: &mut Owned) -> Fallible<()> {
        let Some(image) = field.scalar_text() else {
            let message = format!("an image is expected here, found an {}", field.type_name());
            return Err(Fault::new(&TRANSFORMER, field.span, message).with_related(self.span, "changed from here"));
        };
        if field.is_null() || !self.name.is_match(&image) {
            return Ok(());
        }
        let changed = self.changed(&image);
        *field = Node::string(changed, self.span);
        Ok(())
    }

    fn changed(&self, image: &str) -> String {
        let (name, tag, digest) = split(image);
        let mut changed = if self.new_name.is_empty() { name } else { self.new_name }.to_owned();
        let (tag, digest) = match (self.new_tag, self.digest, self.tag_suffix) {
            ("", "", "") => (tag.to_owned(), digest),
            ("", "", suffix) => (format!("{tag}{suffix}"), ""),
            ("", digest, _) => (String::new(), digest),
            (tag, digest, _) => (tag.to_owned(), digest),
        };
        if !tag.is_empty() {
            changed.push(':');
            changed.push_str(&tag);
        }
        if !digest.is_empty() {
            changed.push('@');
            changed.push_str(digest);
        }
        changed
    }
}

/// An image's name, tag and digest. A colon before the first slash is a registry's port.
fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let after = image.get(start..).unwrap_or_default();
    let (at, colon) = (after.find('@').map(|at| start + at), after.find(':').map(|colon| start + colon));
    let part = |from: usize, to: usize| image.get(from..to).unwrap_or_default();
    let end = image.len();
    match (at, colon) {
        (None, None) => (image, "", ""),
        (Some(at), Some(colon)) if colon < at => (part(0, colon), part(colon + 1, at), part(at + 1, end)),
        (Some(at), _) => (part(0, at), "", part(at + 1, end)),
        (None, Some(colon)) => (part(0, colon), part(colon + 1, end), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_image_is_a_name_a_tag_and_a_digest() {
        for (image, parts) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1.27", ("nginx", "1.27", "")),
            ("localhost:5000/nginx", ("localhost:5000/nginx", "", "")),
            ("localhost:5000/nginx:1.27", ("localhost:5000/nginx", "1.27", "")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
            ("nginx:1.27@sha256:ab", ("nginx", "1.27", "sha256:ab")),
        ] {
            assert_eq!(split(image), parts, "{image}");
        }
    }
}
