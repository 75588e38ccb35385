//! The schemas of a cluster, over the requests that kubectl makes.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use brume_kubernetes::{Cluster, RawResponse};
use brume_plugin::{Context, Error, Result};
use serde::Deserialize;

use super::Source;
use super::cache::Cache;
use super::discovery;
use super::openapi::OpenapiDocument;
use crate::resources::{ApiResource, GroupVersionResource};
use crate::schema::Document;

/// How long kubectl believes what a server said it serves.
const DISCOVERY_AGE_MAX: Duration = Duration::from_secs(6 * 60 * 60);

const JSON: &str = "application/json";

/// Name and key of the discovery document in the cache.
const DISCOVERY: (&str, &str) = ("discovery", "1");

/// A cluster.
pub struct Server {
    cluster: Cluster,
    cache: Cache,
    /// Documents by path, `apis/apps/v1` for instance, with the URL that holds their hash.
    index: BTreeMap<String, String>,
    resources: Option<Rc<[ApiResource]>>,
    resources_were_cached: bool,
    documents: BTreeMap<String, Rc<OpenapiDocument>>,
}

impl Server {
    /// Reads the kubeconfig and asks the server which documents it has.
    ///
    /// # Errors
    /// The kubeconfig is broken, or the server cannot be reached or refuses.
    pub fn open(context: &Context<'_>) -> Result<Self> {
        let cluster = Cluster::open(context)?;
        let cache = Cache::new(&context.invocation().directories.cache, &cluster.server());
        let mut server = Self {
            cluster,
            cache,
            index: BTreeMap::new(),
            resources: None,
            resources_were_cached: false,
            documents: BTreeMap::new(),
        };
        let cached = server.cache.load(DISCOVERY.0, DISCOVERY.1, Some(DISCOVERY_AGE_MAX));
        if let Some(resources) = cached.and_then(|bytes| discovery::unpack(&bytes)) {
            server.resources = Some(resources.into());
            server.resources_were_cached = true;
            server.index = index(&server.cluster.get_raw("/openapi/v3", JSON)?.into_success()?)?;
        } else {
            let fetch = async {
                tokio::try_join!(
                    server.cluster.fetch("/openapi/v3", JSON, None),
                    server.cluster.fetch("/api", discovery::ACCEPT, None),
                    server.cluster.fetch("/apis", discovery::ACCEPT, None),
                )
            };
            let (documents, core, groups) = server.cluster.block_on(fetch)?;
            server.index = index(&documents.into_success()?)?;
            server.discover(core, groups)?;
        }
        Ok(server)
    }

    fn discover(&mut self, core: RawResponse, groups: RawResponse) -> Result<()> {
        let mut resources = Vec::new();
        for answer in [core, groups] {
            let answer = answer.into_success()?;
            if discovery::is_aggregated(&answer.content_type) {
                resources.extend(
                    discovery::aggregated(&answer.body)
                        .map_err(|error| unreadable("discovery", &error))?,
                );
                continue;
            }
            let paths = discovery::group_versions(&answer.body)
                .map_err(|error| unreadable("discovery", &error))?;
            for path in paths {
                let list = self.cluster.get_raw(&path, JSON)?;
                // One group version that does not answer (an aggregated API that is down) must not
                // hide the others.
                if let Ok(list) = list.into_success() {
                    resources.extend(
                        discovery::resource_list(&list.body)
                            .map_err(|error| unreadable(&path, &error))?,
                    );
                }
            }
        }
        self.cache.store(DISCOVERY.0, DISCOVERY.1, &discovery::pack(&resources));
        self.resources = Some(resources.into());
        self.resources_were_cached = false;
        Ok(())
    }

    fn read(&mut self, path: &str, url: &str) -> Result<Rc<OpenapiDocument>> {
        let is_hashed = url.contains("hash=");
        if is_hashed
            && let Some(body) = self.cache.load(path, url, None)
            && let Ok(document) = OpenapiDocument::parse(&body)
        {
            return Ok(Rc::new(document));
        }
        let answer = self.cluster.get_raw(url, JSON)?.into_success()?;
        let document =
            OpenapiDocument::parse(&answer.body).map_err(|error| unreadable(url, &error))?;
        if is_hashed {
            self.cache.store(path, url, &answer.body);
        }
        Ok(Rc::new(document))
    }
}

impl Source for Server {
    fn resources(&mut self) -> Result<Rc<[ApiResource]>, Error> {
        Ok(self.resources.clone().unwrap_or_default())
    }

    fn refresh(&mut self) -> Result<bool, Error> {
        if !self.resources_were_cached {
            return Ok(false);
        }
        self.cache.forget(DISCOVERY.0);
        let fetch = async {
            tokio::try_join!(
                self.cluster.fetch("/api", discovery::ACCEPT, None),
                self.cluster.fetch("/apis", discovery::ACCEPT, None),
            )
        };
        let (core, groups) = self.cluster.block_on(fetch)?;
        self.discover(core, groups)?;
        Ok(true)
    }

    fn document(
        &mut self,
        wanted: &GroupVersionResource,
    ) -> Result<Option<Rc<dyn Document>>, Error> {
        let path = if wanted.group.is_empty() {
            format!("api/{}", wanted.version)
        } else {
            format!("apis/{}/{}", wanted.group, wanted.version)
        };
        if let Some(document) = self.documents.get(&path) {
            return Ok(Some(Rc::clone(document) as Rc<dyn Document>));
        }
        let Some(url) = self.index.get(&path).cloned() else { return Ok(None) };
        let document = self.read(&path, &url)?;
        self.documents.insert(path, Rc::clone(&document));
        Ok(Some(document))
    }
}

/// Reads the list of documents; a URL that leads to another server is left out.
fn index(answer: &RawResponse) -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Index {
        paths: BTreeMap<String, Entry>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry {
        #[serde(rename = "serverRelativeURL")]
        url: String,
    }
    let index: Index =
        serde_json::from_slice(&answer.body).map_err(|error| unreadable("/openapi/v3", &error))?;
    let entries = index.paths.into_iter().map(|(path, entry)| (path, entry.url));
    Ok(entries.filter(|(_, url)| url.starts_with('/') && !url.starts_with("//")).collect())
}

fn unreadable(what: &str, error: &serde_json::Error) -> Error {
    Error::failed(format!("the server's answer to {what} cannot be read"))
        .source(error)
        .hint("brume explain --offline pod")
}
