//! Writes the blob whose layout is in `src/layout.rs`.

use std::collections::HashMap;
use std::error::Error;

use crate::layout::{self, SECTION_COUNT};
use crate::model::{Definition, Field, Model, Schema};
use crate::resources::{Resource, Subresource};

/// The sections while they grow.
struct Writer<'m> {
    /// Words of each section but the text.
    words: [Vec<u32>; SECTION_COUNT],
    text: Vec<u8>,
    strings: HashMap<String, u32>,
    lists: HashMap<Vec<u32>, u32>,
    schemas: HashMap<Vec<u32>, u32>,
    /// Index of each definition.
    definitions: HashMap<&'m str, u32>,
}

/// Writes the blob.
pub fn write(model: &Model, resources: &[Resource]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = Writer {
        words: std::array::from_fn(|_| Vec::new()),
        text: Vec::new(),
        strings: HashMap::new(),
        lists: HashMap::new(),
        schemas: HashMap::new(),
        definitions: (0..).zip(model.definitions.keys()).map(|(i, n)| (n.as_str(), i)).collect(),
    };
    writer.string("")?;
    writer.list(Vec::new())?;
    // Names lie side by side, apart from the prose: a lookup then touches few pages.
    for (name, definition) in &model.definitions {
        writer.string(name)?;
        for field in definition.fields.keys() {
            writer.string(field)?;
        }
    }
    for definition in model.definitions.iter() {
        writer.definition(definition.0, definition.1)?;
    }
    for resource in resources {
        writer.resource(resource)?;
    }
    writer.finish()
}

impl Writer<'_> {
    fn section(&mut self, section: usize) -> Result<&mut Vec<u32>, Box<dyn Error>> {
        Ok(self.words.get_mut(section).ok_or("no such section")?)
    }

    /// Appends a record to a section and gives its index.
    fn push<const SIZE: usize>(
        &mut self,
        section: usize,
        record: [u32; SIZE],
    ) -> Result<u32, Box<dyn Error>> {
        let words = self.section(section)?;
        let index = u32::try_from(words.len() / SIZE)?;
        words.extend(record);
        Ok(index)
    }

    fn string(&mut self, text: &str) -> Result<u32, Box<dyn Error>> {
        if let Some(&id) = self.strings.get(text) {
            return Ok(id);
        }
        let id = self.push(layout::STRINGS, [u32::try_from(self.text.len())?])?;
        self.text.extend(text.as_bytes());
        self.strings.insert(text.to_owned(), id);
        Ok(id)
    }

    fn list(&mut self, items: Vec<u32>) -> Result<u32, Box<dyn Error>> {
        if let Some(&id) = self.lists.get(&items) {
            return Ok(id);
        }
        let count = u32::try_from(items.len())?;
        let words = self.section(layout::LISTS)?;
        let id = u32::try_from(words.len())?;
        words.push(count);
        words.extend(&items);
        self.lists.insert(items, id);
        Ok(id)
    }

    fn strings(&mut self, texts: &[String]) -> Result<u32, Box<dyn Error>> {
        let ids = texts.iter().map(|text| self.string(text)).collect::<Result<_, _>>()?;
        self.list(ids)
    }

    fn reference(&self, name: &str) -> Result<u32, Box<dyn Error>> {
        let index = self.definitions.get(name).ok_or_else(|| format!("{name} is not defined"))?;
        Ok(index + 1)
    }

    fn schema(&mut self, schema: &Schema) -> Result<u32, Box<dyn Error>> {
        use layout::schema as word;
        let number = |texts: &[&str], text: &str| {
            let index = texts.iter().position(|each| *each == text);
            index.and_then(|index| u8::try_from(index).ok()).ok_or_else(|| format!("bad {text:?}"))
        };
        let mut record = [0; word::SIZE];
        record[word::DESCRIPTION] = self.string(&schema.description)?;
        record[word::KIND] = u32::from_le_bytes([
            number(&word::TYPES, &schema.kind)?,
            number(&word::LIST_TYPES, &schema.list_type)?,
            number(&word::MAP_TYPES, &schema.map_type)?,
            schema.flags,
        ]);
        record[word::FORMAT] = self.string(&schema.format)?;
        if let Some(name) = &schema.reference {
            record[word::REFERENCE] = self.reference(name)?;
        }
        if let Some(items) = &schema.items {
            record[word::ITEMS] = self.schema(items)? + 1;
        }
        if let Some(values) = &schema.additional {
            record[word::ADDITIONAL] = self.schema(values)? + 1;
        }
        let mut pairs = Vec::new();
        for (value, meaning) in &schema.enum_values {
            pairs.extend([self.string(value)?, self.string(meaning)?]);
        }
        record[word::ENUM] = self.list(pairs)?;
        record[word::DEFAULT] = self.string(&schema.default)?;
        record[word::LIST_MAP_KEYS] = self.strings(&schema.list_map_keys)?;
        record[word::PATCH_MERGE_KEY] = self.string(&schema.patch_merge_key)?;
        record[word::PATCH_STRATEGY] = self.string(&schema.patch_strategy)?;
        record[word::PROSE] = self.string(&schema.prose)?;
        if let Some(&index) = self.schemas.get(record.as_slice()) {
            return Ok(index);
        }
        let index = self.push(layout::SCHEMAS, record)?;
        self.schemas.insert(record.to_vec(), index);
        Ok(index)
    }

    fn definition(&mut self, name: &str, definition: &Definition) -> Result<(), Box<dyn Error>> {
        use layout::definition as word;
        let mut fields = Vec::new();
        for (name, field) in &definition.fields {
            fields.push(self.field(name, field)?);
        }
        let mut kinds = Vec::new();
        for kind in &definition.kinds {
            let mut record = [0; layout::gvk::SIZE];
            record[layout::gvk::GROUP] = self.string(&kind.group)?;
            record[layout::gvk::VERSION] = self.string(&kind.version)?;
            record[layout::gvk::KIND] = self.string(&kind.kind)?;
            record[layout::gvk::PRESENCE] = u32::from(kind.presence);
            kinds.push(self.push(layout::GVKS, record)?);
        }
        let mut record = [0; word::SIZE];
        record[word::NAME] = self.string(name)?;
        record[word::SCHEMA] = self.schema(&definition.schema)?;
        record[word::FIRST_FIELD] = fields.first().copied().unwrap_or_default();
        record[word::FIELD_COUNT] = u32::try_from(fields.len())?;
        record[word::FIRST_GVK] = kinds.first().copied().unwrap_or_default();
        record[word::GVK_COUNT_AND_PRESENCE] =
            u32::try_from(kinds.len())? | u32::from(definition.presence) << 16;
        self.push(layout::DEFINITIONS, record)?;
        Ok(())
    }

    fn field(&mut self, name: &str, field: &Field) -> Result<u32, Box<dyn Error>> {
        use layout::field as word;
        let mut record = [0; word::SIZE];
        record[word::NAME] = self.string(name)?;
        record[word::SCHEMA] = self.schema(&field.schema)?;
        record[word::PRESENCE_AND_REQUIRED] =
            u32::from(field.presence) | u32::from(field.required) << 16;
        record[word::REAL_DEFAULT] = self.string(&field.real_default)?;
        self.push(layout::FIELDS, record)
    }

    fn resource(&mut self, resource: &Resource) -> Result<(), Box<dyn Error>> {
        use layout::resource as word;
        let mut subresources = Vec::new();
        for subresource in &resource.subresources {
            subresources.push(self.subresource(subresource)?);
        }
        let mut record = [0; word::SIZE];
        record[word::GROUP] = self.string(&resource.group)?;
        record[word::VERSION] = self.string(&resource.version)?;
        record[word::KIND] = self.string(&resource.kind)?;
        record[word::PLURAL] = self.string(&resource.plural)?;
        record[word::SINGULAR] = self.string(&resource.singular)?;
        record[word::SHORT_NAMES] = self.strings(&resource.short_names)?;
        record[word::CATEGORIES] = self.strings(&resource.categories)?;
        record[word::VERBS] = self.strings(&resource.verbs)?;
        record[word::FIRST_SUBRESOURCE] = subresources.first().copied().unwrap_or_default();
        record[word::SUBRESOURCE_COUNT] = u32::try_from(subresources.len())?;
        record[word::DEFINITION] = self.reference(&resource.definition)?;
        record[word::PRESENCE_AND_SCOPE] =
            u32::from(resource.presence) | if resource.namespaced { word::NAMESPACED } else { 0 };
        record[word::STORAGE_API_VERSION] = self.string(&resource.storage_api_version)?;
        self.push(layout::RESOURCES, record)?;
        Ok(())
    }

    fn subresource(&mut self, subresource: &Subresource) -> Result<u32, Box<dyn Error>> {
        use layout::subresource as word;
        let mut record = [0; word::SIZE];
        record[word::NAME] = self.string(&subresource.name)?;
        record[word::GROUP] = self.string(&subresource.group)?;
        record[word::VERSION] = self.string(&subresource.version)?;
        record[word::KIND] = self.string(&subresource.kind)?;
        record[word::VERBS] = self.strings(&subresource.verbs)?;
        record[word::PRESENCE] = u32::from(subresource.presence);
        self.push(layout::SUBRESOURCES, record)
    }

    /// Puts the sections one behind the other.
    fn finish(mut self) -> Result<Vec<u8>, Box<dyn Error>> {
        let end = u32::try_from(self.text.len())?;
        self.section(layout::STRINGS)?.push(end);
        let mut head = Vec::new();
        let mut body: Vec<u8> = Vec::new();
        for (section, words) in self.words.iter().enumerate() {
            head.extend(u32::try_from(SECTION_COUNT * 8 + body.len())?.to_le_bytes());
            let records = if section == layout::TEXT {
                body.extend(&self.text);
                body.resize(body.len().next_multiple_of(4), 0);
                self.text.len()
            } else {
                body.extend(words.iter().flat_map(|word| word.to_le_bytes()));
                words.len() / record_size(section)
            };
            head.extend(u32::try_from(records)?.to_le_bytes());
        }
        head.extend(body);
        Ok(head)
    }
}

/// Words in a record of a section.
fn record_size(section: usize) -> usize {
    match section {
        layout::SCHEMAS => layout::schema::SIZE,
        layout::DEFINITIONS => layout::definition::SIZE,
        layout::FIELDS => layout::field::SIZE,
        layout::GVKS => layout::gvk::SIZE,
        layout::RESOURCES => layout::resource::SIZE,
        layout::SUBRESOURCES => layout::subresource::SIZE,
        _ => 1,
    }
}
