//! Builds range files.
