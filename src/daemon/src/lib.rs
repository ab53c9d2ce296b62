//! The socket service.
