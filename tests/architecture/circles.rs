//! Modules beside each other do not use each other in a circle.
//!
//! A module stands for all that is below it here, so that folders have a direction as well as files:
//! what a folder is built on does not use the folder. What a module uses is what its `use` lines and
//! paths lead to, through re-exports, and not what it passes on.
//!
//! Between a module and those below it both directions are fine. A parent is the face of its children,
//! and may define what they share; a reader of one of them knows that room already.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::modules::{ModulePath, Modules};

type Dependencies = BTreeSet<(ModulePath, ModulePath)>;

#[test]
fn no_modules_beside_each_other_use_each_other_in_a_circle() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut found = BTreeSet::new();
    let mut count = 0;
    for folder in crates.read_dir().expect("the crates") {
        let folder = folder.expect("a crate").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        for root in ["lib.rs", "main.rs"].map(|root| folder.join("src").join(root)) {
            if root.is_file() {
                let modules = Modules::of(&root);
                count += modules.len();
                let circles = circles_in(&modules.dependencies());
                found.extend(circles.into_iter().map(|(parent, of)| (name.clone(), parent, of)));
            }
        }
    }

    assert!(count > 400, "{count} modules");
    assert!(found.is_empty(), "these modules use each other in a circle: {found:#?}");
}

#[test]
fn a_circle_is_found_through_folders_and_not_between_a_parent_and_its_children() {
    let dependencies = |pairs: &[(&str, &str)]| {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<ModulePath>();
        pairs.iter().map(|(user, used)| (path(user), path(used))).collect::<Dependencies>()
    };

    let in_one_direction = [("a", "b::c"), ("b::d", "b::c"), ("b", "b::c"), ("b::c", "b")];
    assert_eq!(circles_in(&dependencies(&in_one_direction)), []);
    let through_a_folder = [("a", "b::c"), ("b::d", "a::e"), ("f", "a")];
    let circle = (String::new(), ["a", "b"].map(str::to_owned).into());
    assert_eq!(circles_in(&dependencies(&through_a_folder)), [circle]);
    let inside_a_folder = [("a::x", "a::y"), ("a::y", "a::z"), ("a::z", "a::x::q")];
    let circle = ("a".to_owned(), ["x", "y", "z"].map(str::to_owned).into());
    assert_eq!(circles_in(&dependencies(&inside_a_folder)), [circle]);
}

/// The circles of modules beside each other: below which module, and which.
fn circles_in(dependencies: &Dependencies) -> Vec<(String, BTreeSet<String>)> {
    let mut beside: BTreeMap<&[String], BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for (user, used) in dependencies {
        let shared = user.iter().zip(used).take_while(|(user, used)| user == used).count();
        if let (Some(by), Some(of)) = (user.get(shared), used.get(shared)) {
            beside.entry(&user[..shared]).or_default().entry(by).or_default().insert(of);
        }
    }
    let circles = beside.into_iter().flat_map(|(parent, uses)| {
        let of_parent = circles(&uses).into_iter();
        of_parent.map(move |circle| (parent.join("::"), circle))
    });
    circles.collect()
}

/// The sets of those that lead to each other.
fn circles(uses: &BTreeMap<&str, BTreeSet<&str>>) -> BTreeSet<BTreeSet<String>> {
    let reach: BTreeMap<_, _> = uses.keys().map(|&user| (user, reached(uses, user))).collect();
    let in_circles = reach.iter().filter(|(name, reached)| reached.contains(*name));
    let circles = in_circles.map(|(name, reached)| {
        let back = |other: &str| reach.get(other).is_some_and(|reached| reached.contains(name));
        reached.iter().filter(|other| back(other)).map(|&other| other.to_owned()).collect()
    });
    circles.collect()
}

/// All that one of them uses, and what that uses, and so on.
fn reached<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>, start: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(user) = open.pop() {
        let used = uses.get(user).into_iter().flatten().copied();
        open.extend(used.filter(|used| reached.insert(*used)));
    }
    reached
}
