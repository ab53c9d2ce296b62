//! Who is asking: passwords, second factors, sessions, keys, and what too many failures cost.

pub(crate) mod limiter;
pub(crate) mod password;
pub(crate) mod second_factor;
pub(crate) mod token;
