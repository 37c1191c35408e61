//! The modules of a crate, and which of them use which, read from the source.
//!
//! It reads as much of Rust as that takes: `mod`, `use`, and paths that begin with `crate`, `super`,
//! `self` or the name of a module below. What is compiled for tests alone is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a module from the root of its crate; that of the root is empty.
pub(crate) type ModulePath = Vec<String>;

/// The modules of one crate, by their paths.
#[derive(Default)]
pub(crate) struct Modules(BTreeMap<ModulePath, Module>);

#[derive(Default)]
struct Module {
    /// The paths that stand in it, from the root of the crate.
    paths: BTreeSet<Vec<String>>,
    /// The names that it passes on, and what they stand for. `*` passes on all names of a module.
    reexports: Vec<(String, Vec<String>)>,
}

impl Modules {
    /// The modules of the crate with this file as its root.
    pub(crate) fn of(root: &Path) -> Self {
        let mut modules = Self::default();
        modules.read(root, Vec::new(), root.parent().expect("a folder"));
        modules
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Which module uses which. What a module passes on it does not use: the one that takes it from
    /// there uses the module that defines it.
    pub(crate) fn dependencies(&self) -> BTreeSet<(ModulePath, ModulePath)> {
        let uses = self.0.iter().flat_map(|(user, module)| {
            module.paths.iter().map(|path| (user.clone(), self.definer(path)))
        });
        uses.filter(|(user, used)| user != used).collect()
    }

    /// The module that defines what this path leads to.
    fn definer(&self, path: &[String]) -> ModulePath {
        let mut place = ModulePath::new();
        for (index, name) in path.iter().enumerate() {
            let mut below = place.clone();
            below.push(name.clone());
            if self.0.contains_key(&below) {
                place = below;
                continue;
            }
            let reexports = self.0.get(&place).map(|module| module.reexports.as_slice());
            let leads_to = |(passed, target): &(String, Vec<String>)| {
                let mut target = target.clone();
                if passed == "*" {
                    target.push(name.clone());
                    let definer = self.definer(&target);
                    // Of a module whose names are all passed on, this may be one or not.
                    return (definer.len() + 1 < target.len()).then_some(definer);
                }
                (passed == name).then(|| {
                    target.extend_from_slice(&path[index + 1..]);
                    self.definer(&target)
                })
            };
            let passed_on = reexports.unwrap_or_default().iter().find_map(leads_to);
            return passed_on.unwrap_or(place);
        }
        place
    }

    fn read(&mut self, file: &Path, path: ModulePath, folder: &Path) {
        assert!(file.is_file(), "{}", file.display());
        let source = fs::read_to_string(file).expect("the source of a module");
        let Source { children, uses, paths } = Source::of(&source);
        let names: BTreeSet<_> = children.iter().map(|(name, _)| name.clone()).collect();
        let absolute = |given: &[String]| absolute(&path, &names, given);

        let mut module = Module::default();
        for Use { is_passed_on, path, name } in uses {
            let Some(path) = absolute(&path) else { continue };
            if is_passed_on {
                module.reexports.push((name, path));
            } else {
                module.paths.insert(path);
            }
        }
        module.paths.extend(paths.iter().filter_map(|path| absolute(path)));
        for (name, elsewhere) in children {
            let mut below = path.clone();
            below.push(name.clone());
            let file = elsewhere.map_or_else(
                || {
                    let file = folder.join(format!("{name}.rs"));
                    if file.is_file() { file } else { folder.join(&name).join("mod.rs") }
                },
                |elsewhere| file.parent().expect("a folder").join(elsewhere),
            );
            let is_folder = file.file_name().is_some_and(|name| name == "mod.rs");
            let folder = if is_folder {
                file.parent().expect("a folder").to_owned()
            } else {
                file.with_extension("")
            };
            self.read(&file, below, &folder);
        }
        self.0.insert(path, module);
    }
}

/// A path from the root of the crate; nothing for what another crate has.
fn absolute(
    module: &[String],
    children: &BTreeSet<String>,
    given: &[String],
) -> Option<Vec<String>> {
    let (first, rest) = given.split_first()?;
    let mut path = module.to_vec();
    match first.as_str() {
        "crate" => path.clear(),
        "self" => {}
        "super" => {
            path.pop();
        }
        child if children.contains(child) => path.push(child.to_owned()),
        _ => return None,
    }
    for name in rest {
        if name == "super" {
            path.pop();
        } else {
            path.push(name.clone());
        }
    }
    Some(path)
}

/// What stands in one file.
#[derive(Default)]
struct Source {
    /// The modules below, and their files where these lie elsewhere.
    children: Vec<(String, Option<PathBuf>)>,
    uses: Vec<Use>,
    /// Other paths.
    paths: Vec<Vec<String>>,
}

/// One name of a `use`.
struct Use {
    is_passed_on: bool,
    path: Vec<String>,
    name: String,
}

impl Source {
    fn of(source: &str) -> Self {
        let tokens = without_tests(&tokens(source));
        let mut found = Self::default();
        let mut place = 0;
        let mut elsewhere = None;
        while let Some(token) = tokens.get(place) {
            match token.as_str() {
                "#" if tokens.get(place + 2).is_some_and(|token| token == "path") => {
                    elsewhere = tokens[place..].iter().find_map(|token| token.strip_prefix('"'));
                    place = end_of_attribute(&tokens, place);
                }
                "mod" if tokens.get(place + 2).is_some_and(|token| token == ";") => {
                    let file = elsewhere.take().map(PathBuf::from);
                    found.children.push((tokens[place + 1].clone(), file));
                    place += 3;
                }
                "use" if tokens.get(place + 1).is_some_and(|token| token != "<") => {
                    let before = place.checked_sub(1).map(|before| tokens[before].as_str());
                    let is_passed_on = matches!(before, Some("pub" | ")"));
                    place = found.read_use(&tokens, place + 1, &[], is_passed_on);
                }
                _ if is_name(token) && !follows_path(&tokens, place) => {
                    place = found.read_path(&tokens, place);
                }
                _ => place += 1,
            }
        }
        found
    }

    /// Reads the tree of a `use` from a place, and answers the place behind it.
    fn read_use(
        &mut self,
        tokens: &[String],
        mut place: usize,
        parent: &[String],
        is_passed_on: bool,
    ) -> usize {
        let mut path = parent.to_vec();
        loop {
            match tokens[place].as_str() {
                "::" => place += 1,
                "{" => {
                    place += 1;
                    while tokens[place] != "}" {
                        place = self.read_use(tokens, place, &path, is_passed_on);
                        place += usize::from(tokens[place] == ",");
                    }
                    return place + 1;
                }
                "," | ";" | "}" | "as" => break,
                name => {
                    path.push(name.to_owned());
                    place += 1;
                }
            }
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if tokens[place] == "as" {
            name.clone_from(&tokens[place + 1]);
            place += 2;
        }
        path.retain(|name| name != "*");
        if parent.len() < path.len() && path.last().is_some_and(|last| last == "self") {
            path.pop();
            name = path.last().cloned().unwrap_or_default();
        }
        self.uses.push(Use { is_passed_on, path, name });
        place
    }

    /// Reads a path from a place, and answers the place behind it.
    fn read_path(&mut self, tokens: &[String], mut place: usize) -> usize {
        let mut path = vec![tokens[place].clone()];
        place += 1;
        while tokens.get(place).is_some_and(|token| token == "::")
            && tokens.get(place + 1).is_some_and(|token| is_name(token))
        {
            path.push(tokens[place + 1].clone());
            place += 2;
        }
        if path.len() > 1 {
            self.paths.push(path);
        }
        place
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn follows_path(tokens: &[String], place: usize) -> bool {
    place.checked_sub(1).is_some_and(|before| tokens[before] == "::")
}

/// The place behind an attribute.
fn end_of_attribute(tokens: &[String], start: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "[" => depth += 1,
            "]" if depth == 1 => return place + 1,
            "]" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// All tokens but those of items that are compiled for tests alone.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let is_attribute =
            tokens[place] == "#" && tokens.get(place + 1).is_some_and(|it| it == "[");
        let end = if is_attribute { end_of_attribute(tokens, place) } else { place + 1 };
        let attribute = &tokens[place..end];
        let has = |word: &str| attribute.iter().any(|token| token == word);
        if is_attribute && has("cfg") && has("test") && !has("not") {
            place = end_of_item(tokens, end);
        } else {
            kept.extend_from_slice(attribute);
            place = end;
        }
    }
    kept
}

/// The place behind the item, or the field, that begins at a place.
fn end_of_item(tokens: &[String], start: usize) -> usize {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" if depth == 1 => return place + 1,
            "}" if depth == 0 => return place,
            "}" | ")" | "]" => depth -= 1,
            ";" | "," if depth == 0 => return place + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The names and signs of a source. Of a string its text is kept behind a quotation mark.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ if rest.starts_with("r#\"") => rest.find("\"#").map_or(rest.len(), |end| end + 2),
            _ if rest.starts_with("r\"") => rest[2..].find('"').map_or(rest.len(), |end| end + 3),
            '"' => {
                let length = end_of_string(rest);
                tokens.push(rest[..length - 1].to_owned());
                length
            }
            '\'' => length_of_character(rest),
            _ if is_name(rest) => {
                let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
                let length = end.unwrap_or(rest.len());
                tokens.push(rest[..length].to_owned());
                length
            }
            _ if rest.starts_with("::") => {
                tokens.push("::".to_owned());
                2
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push(first.to_string());
                }
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens
}

fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (place, character) in text.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return place + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The length of a character between quotation marks, or of the mark of a lifetime.
fn length_of_character(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), Some((place, _))) => {
            text[place + 1..].find('\'').map_or(1, |end| place + end + 2)
        }
        (Some(_), Some((place, '\''))) => place + 1,
        _ => 1,
    }
}
