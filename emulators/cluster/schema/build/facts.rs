//! The tables in `facts/`: one fact a line, columns apart by spaces, `#` for comments.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

/// The oldest minor version, which is bit 0 of a set of versions.
const OLDEST_MINOR: u16 = 25;
/// The newest minor version.
const NEWEST_MINOR: u16 = 37;
/// Bits of every version.
pub const ALL_VERSIONS: u16 = (1 << (NEWEST_MINOR - OLDEST_MINOR + 1)) - 1;
/// Bit of the newest version.
pub const NEWEST_VERSION: u16 = 1 << (NEWEST_MINOR - OLDEST_MINOR);

/// One line of a table.
pub struct Fact {
    text: String,
    place: String,
}

impl Fact {
    /// An error that names the line.
    pub fn error(&self, message: impl std::fmt::Display) -> Box<dyn Error> {
        format!("{}: {message}: {}", self.place, self.text).into()
    }

    /// Column `index`, if the line has it.
    pub fn optional(&self, index: usize) -> Option<&str> {
        self.text.split_ascii_whitespace().nth(index)
    }

    /// Column `index`.
    pub fn column(&self, index: usize) -> Result<&str, Box<dyn Error>> {
        self.optional(index).ok_or_else(|| self.error(format!("column {} is missing", index + 1)))
    }

    /// Column `index`, where `-` stands for nothing.
    pub fn dashed(&self, index: usize) -> Result<&str, Box<dyn Error>> {
        Ok(Some(self.column(index)?).filter(|text| *text != "-").unwrap_or_default())
    }

    /// Column `index`, a comma-separated list where `-` stands for an empty one.
    pub fn list(&self, index: usize) -> Result<Vec<String>, Box<dyn Error>> {
        let text = self.dashed(index)?;
        Ok(text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// Everything from column `index` on; empty if there is nothing.
    pub fn rest(&self, index: usize) -> &str {
        self.text.splitn(index + 1, ' ').nth(index).unwrap_or_default().trim()
    }

    /// Column `index` as a full type name.
    pub fn type_name(&self, index: usize) -> Result<String, Box<dyn Error>> {
        Ok(format!("io.k8s.{}", self.column(index)?))
    }

    /// Column `index` as a set of versions: `1.25-1.28,1.31`, or `never`.
    pub fn versions(&self, index: usize) -> Result<u16, Box<dyn Error>> {
        let text = self.column(index)?;
        if text == "never" {
            return Ok(0);
        }
        let mut bits = 0;
        for run in text.split(',') {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            for minor in self.minor(first)?..=self.minor(last)? {
                bits |= 1 << (minor - OLDEST_MINOR);
            }
        }
        Ok(bits)
    }

    fn minor(&self, text: &str) -> Result<u16, Box<dyn Error>> {
        text.strip_prefix("1.")
            .and_then(|minor| minor.parse().ok())
            .filter(|minor| (OLDEST_MINOR..=NEWEST_MINOR).contains(minor))
            .ok_or_else(|| self.error("not a version"))
    }
}

/// All tables, by file name without its extension.
pub struct Facts {
    tables: HashMap<String, Vec<Fact>>,
}

impl Facts {
    /// Reads every table of a folder.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut tables = HashMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            let text = fs::read_to_string(&path)?;
            let facts = (1..)
                .zip(text.lines())
                .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
                .map(|(number, line)| Fact {
                    text: line.to_owned(),
                    place: format!("facts/{name}.txt:{number}"),
                })
                .collect();
            tables.insert(name.to_owned(), facts);
        }
        Ok(Self { tables })
    }

    /// The lines of table `name`.
    pub fn table(&self, name: &str) -> Result<&[Fact], Box<dyn Error>> {
        let table = self.tables.get(name).ok_or_else(|| format!("facts/{name}.txt is missing"))?;
        Ok(table)
    }
}
