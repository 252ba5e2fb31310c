//! To be written.

use crate::check::Sink;
use crate::manifest::Object;

pub(super) fn check(_object: &Object<'_>, _sink: &mut Sink<'_, '_>) {}
