//! What the names of organisations say.

pub(crate) mod legal_form;
pub(crate) mod normal;
