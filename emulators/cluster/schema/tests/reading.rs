//! What readers of the bundle rely on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use brume_schema::{KubernetesVersion, ListType, MapType, Schema, bundle};

fn field(definition: &str, name: &str) -> brume_schema::Field {
    bundle().definition(definition).unwrap().field(name).unwrap()
}

#[test]
fn every_definition_is_found_by_its_name_and_every_field_by_its() {
    let mut last = "";
    for definition in bundle().definitions() {
        assert!(last < definition.name(), "{last} before {}", definition.name());
        last = definition.name();
        assert_eq!(bundle().definition(last), Some(definition));
        let names: Vec<_> = definition.fields().map(|field| field.name()).collect();
        assert!(names.is_sorted() && names.iter().all(|name| !name.is_empty()), "{last}");
        for field in definition.fields() {
            assert_eq!(definition.field(field.name()), Some(field));
        }
    }
    assert!(bundle().definition("").is_none());
    assert!(bundle().definition("io.k8s.api.core.v1.pod").is_none());
    assert!(bundle().definition("zzz").is_none());
}

/// Walks a schema as a reader would; a dangling index would give an empty answer somewhere.
fn check(schema: Schema, place: &str) {
    if let Some(name) = schema.reference() {
        assert!(bundle().definition(name).is_some(), "{place} refers to {name}");
        assert_eq!(schema.kind(), None, "{place}");
    }
    if schema.kind() == Some("array") {
        let items = schema.items().unwrap_or_else(|| panic!("{place} has no items"));
        check(items, place);
    }
    if let Some(values) = schema.additional_properties() {
        assert_eq!(schema.kind(), Some("object"), "{place}");
        check(values, place);
    }
    if let Some(default) = schema.default_json() {
        serde_json::from_str::<serde_json::Value>(default).unwrap();
    }
    let values: Vec<_> = schema.enum_values().map(|value| value.value).collect();
    assert!(values.is_sorted_by(|left, right| left < right), "{place}: {values:?}");
    assert!(schema.description().starts_with(schema.prose()), "{place}");
    if schema.list_type() == Some(ListType::Map) {
        assert!(!schema.list_map_keys().is_empty(), "{place} has no keys");
    }
}

#[test]
fn schemas_hang_together() {
    for definition in bundle().definitions() {
        check(definition.schema(), definition.name());
        assert!(!definition.presence().is_empty(), "{}", definition.name());
        for field in definition.fields() {
            let place = format!("{}.{}", definition.name(), field.name());
            check(field.schema(), &place);
            for version in field.presence().iter() {
                assert!(definition.presence().contains(version), "{place} in {version}");
            }
            for version in field.required().iter() {
                assert!(field.presence().contains(version), "{place} in {version}");
            }
        }
    }
}

#[test]
fn nearly_every_field_of_the_newest_version_is_described() {
    let newest = KubernetesVersion::NEWEST;
    let fields = bundle().definitions().flat_map(move |definition| definition.fields_in(newest));
    let (mute, told): (Vec<_>, Vec<_>) =
        fields.partition(|field| field.schema().description().is_empty());
    assert!(told.len() > 3_000, "{}", told.len());
    assert!(mute.len() * 50 < told.len(), "{} of {}", mute.len(), told.len());
}

#[test]
fn merging_is_told() {
    let containers = field("io.k8s.api.core.v1.PodSpec", "containers").schema();
    assert_eq!(containers.list_type(), Some(ListType::Map));
    assert_eq!(containers.list_map_keys().collect::<Vec<_>>(), ["name"]);
    assert_eq!(containers.patch_merge_key(), Some("name"));
    assert_eq!(containers.patch_strategy(), Some("merge"));
    let volumes = field("io.k8s.api.core.v1.PodSpec", "volumes").schema();
    assert_eq!(volumes.patch_strategy(), Some("merge,retainKeys"));
    let selector = bundle().definition("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector");
    assert_eq!(selector.unwrap().schema().map_type(), Some(MapType::Atomic));
}

#[test]
fn an_enum_ends_its_description_in_its_values() {
    let kind = field("io.k8s.api.apps.v1.DeploymentStrategy", "type");
    let schema = kind.schema();
    let values: Vec<_> = schema.enum_values().map(|value| value.value).collect();
    assert_eq!(values, ["Recreate", "RollingUpdate"]);
    let list = schema.description().strip_prefix(schema.prose()).unwrap();
    assert!(list.starts_with("\n\nPossible enum values:\n - `\"Recreate\"` all old"), "{list}");
    assert_eq!(kind.real_default(), Some("\"RollingUpdate\""));

    let operator = field("io.k8s.api.core.v1.NodeSelectorRequirement", "operator").schema();
    assert!(operator.description().ends_with("\n - `\"Lt\"`\n - `\"NotIn\"`"));
    let host_path = field("io.k8s.api.core.v1.HostPathVolumeSource", "type").schema();
    assert_eq!(host_path.enum_values().next().unwrap().value, "");
    let usages = field("io.k8s.api.certificates.v1.CertificateSigningRequestSpec", "usages");
    assert!(usages.schema().items().unwrap().enum_values().any(|v| v.value == "client auth"));
}

#[test]
fn versions_differ() {
    let v1_25 = "1.25".parse().unwrap();
    let newest = bundle().newest();
    let spec = field("io.k8s.api.apps.v1.Deployment", "spec");
    assert!(!spec.required_in(v1_25) && spec.required_in(newest));

    let autoscaler = "io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscaler";
    let removed = bundle().definition(autoscaler).unwrap();
    assert_eq!(removed.presence().to_string(), "1.25");
    assert_eq!(removed.description(), "");
    assert!(removed.field("spec").unwrap().schema().referenced().is_some());
    assert_eq!(removed.group_version_kinds().count(), 0);
    assert_eq!(removed.group_version_kinds_in(v1_25).next().unwrap().group, "autoscaling");
}

#[test]
fn resources_come_in_discovery_order() {
    let newest = bundle().newest();
    let resources: Vec<_> = bundle().resources().present_in(newest).collect();
    let first = resources.first().unwrap();
    assert_eq!((first.group(), first.plural()), ("", "bindings"));
    let autoscalers: Vec<_> = resources
        .iter()
        .filter(|resource| resource.short_names().contains("hpa"))
        .map(|resource| resource.version())
        .collect();
    assert_eq!(autoscalers, ["v2", "v1"]);

    let deployments = bundle().resource("apps", "v1", "deployments").unwrap();
    assert_eq!(deployments.singular(), "deployment");
    assert_eq!(deployments.categories().collect::<Vec<_>>(), ["all"]);
    assert!(deployments.namespaced());
    assert_eq!(deployments.definition().unwrap().name(), "io.k8s.api.apps.v1.Deployment");
    let scale = deployments.subresources().find(|each| each.name() == "scale").unwrap();
    assert_eq!(scale.group_version_kind().group, "autoscaling");
    assert_eq!(scale.verbs().collect::<Vec<_>>(), ["get", "patch", "update"]);
}

#[test]
fn every_definition_of_a_kind_says_so() {
    for resource in bundle().resources() {
        let version = resource.presence().last().unwrap();
        let definition = resource.definition().unwrap();
        let kind = resource.group_version_kind();
        assert!(definition.group_version_kinds_in(version).any(|each| each == kind), "{kind:?}");
    }
}

#[test]
fn scalars_of_several_types_have_no_type() {
    for (name, is_quantity) in [
        ("io.k8s.apimachinery.pkg.api.resource.Quantity", true),
        ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", false),
    ] {
        let schema = bundle().definition(name).unwrap().schema();
        assert_eq!(schema.kind(), None);
        assert_eq!((schema.is_quantity(), schema.is_int_or_string()), (is_quantity, !is_quantity));
    }
    let time = bundle().definition("io.k8s.apimachinery.pkg.apis.meta.v1.Time").unwrap().schema();
    assert_eq!((time.kind(), time.format()), (Some("string"), Some("date-time")));
}

#[test]
fn only_old_betas_are_on_by_default() {
    let on: Vec<_> = bundle()
        .resources()
        .filter(|resource| resource.version().contains("beta") && resource.on_by_default())
        .map(|resource| (resource.group(), resource.version(), resource.plural()))
        .collect();
    let flow_control = "flowcontrol.apiserver.k8s.io";
    let wanted = [
        ("autoscaling", "v2beta2", "horizontalpodautoscalers"),
        ("storage.k8s.io", "v1beta1", "csistoragecapacities"),
        (flow_control, "v1beta3", "flowschemas"),
        (flow_control, "v1beta3", "prioritylevelconfigurations"),
        (flow_control, "v1beta2", "flowschemas"),
        (flow_control, "v1beta2", "prioritylevelconfigurations"),
        (flow_control, "v1beta1", "flowschemas"),
        (flow_control, "v1beta1", "prioritylevelconfigurations"),
    ];
    assert_eq!(on, wanted);
}
