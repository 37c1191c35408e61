//! The walls between the layers, and what else the tree promises.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod circles;
mod dependencies;
mod erasure;
mod layers;
mod licences;
mod links;
mod migrations;
mod modules;
