//! From what a repository holds to what it deploys.
//!
//! In: the files of a renderer's folder. Out: the objects it makes of them, every value at the line that it comes from.
//! It never runs another program.

mod kustomize;
