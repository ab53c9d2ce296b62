//! x
mod auth;
mod config;
mod input;
mod problem;
mod transport;
pub use auth::password::PasswordError;
pub use config::WebConfig;
