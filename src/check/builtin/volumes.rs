//! To be written.

use crate::check::Sink;
use crate::manifest::Node;

pub(super) fn check(_spec: &Node<'_>, _sink: &mut Sink<'_, '_>) {}
