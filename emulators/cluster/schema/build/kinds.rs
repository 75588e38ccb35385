//! What the `k8s-openapi` dependency knows: every definition of its newest version.
//!
//! The dependency has no registry of its types, so the roots are listed here; all other types are
//! reached from them. `tests/facts.rs` fails if a root is missing.

use k8s_openapi::ListableResource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::WatchEvent;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use k8s_openapi::schemars::generate::SchemaSettings;
use k8s_openapi::schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// A kind that has a list kind beside it.
pub struct ListKind {
    /// Full name of the item's definition.
    pub item: String,
    /// Full name of the list's definition.
    pub list: String,
}

/// The definitions of the dependency, by full name, and the list kinds that it leaves out.
pub struct Kinds {
    /// JSON Schema (draft 7) by full name.
    pub definitions: Map<String, Value>,
    /// The lists to be made up, since the dependency writes no schema for them.
    pub lists: Vec<ListKind>,
}

/// Adds a kind of which lists exist.
fn listed<K: JsonSchema + ListableResource>(
    generator: &mut SchemaGenerator,
    lists: &mut Vec<ListKind>,
) {
    let item = K::schema_name().into_owned();
    let package = item.rsplit_once('.').map_or("", |(package, _)| package);
    let list = format!("{package}.{}", K::LIST_KIND);
    lists.push(ListKind { item, list });
    generator.subschema_for::<K>();
}

macro_rules! for_each_kind {
    ($body:ident: $($($module:ident)::+ => $($kind:ident)*;)*) => {
        $({
            use k8s_openapi::$($module)::+ as module;
            $($body!(module::$kind);)*
        })*
    };
}

/// Asks the dependency for all its schemas.
pub fn collect() -> Kinds {
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut lists = Vec::new();

    macro_rules! list {
        ($kind:path) => {
            listed::<$kind>(&mut generator, &mut lists)
        };
    }
    for_each_kind! { list:
        api::admissionregistration::v1 =>
            MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
            ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
            ValidatingWebhookConfiguration;
        api::admissionregistration::v1alpha1 =>
            MutatingAdmissionPolicy MutatingAdmissionPolicyBinding;
        api::admissionregistration::v1beta1 =>
            MutatingAdmissionPolicy MutatingAdmissionPolicyBinding;
        api::apiserverinternal::v1alpha1 => StorageVersion;
        api::apps::v1 => ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet;
        api::autoscaling::v1 => HorizontalPodAutoscaler;
        api::autoscaling::v2 => HorizontalPodAutoscaler;
        api::batch::v1 => CronJob Job;
        api::certificates::v1 => CertificateSigningRequest ClusterTrustBundle PodCertificateRequest;
        api::certificates::v1beta1 => ClusterTrustBundle PodCertificateRequest;
        api::coordination::v1 => Lease;
        api::coordination::v1alpha2 => LeaseCandidate;
        api::coordination::v1beta1 => LeaseCandidate;
        api::core::v1 =>
            ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume
            PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret
            Service ServiceAccount;
        api::discovery::v1 => EndpointSlice;
        api::events::v1 => Event;
        api::flowcontrol::v1 => FlowSchema PriorityLevelConfiguration;
        api::lifecycle::v1alpha1 => Eviction EvictionRequest;
        api::networking::v1 => IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR;
        api::node::v1 => RuntimeClass;
        api::policy::v1 => PodDisruptionBudget;
        api::rbac::v1 => ClusterRole ClusterRoleBinding Role RoleBinding;
        api::resource::v1 =>
            DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice;
        api::resource::v1alpha3 => DeviceTaintRule ResourcePoolStatusRequest;
        api::resource::v1beta1 => DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice;
        api::resource::v1beta2 =>
            DeviceClass DeviceTaintRule ResourceClaim ResourceClaimTemplate ResourceSlice;
        api::scheduling::v1 => PriorityClass;
        api::scheduling::v1alpha3 => CompositePodGroup PodGroup Workload;
        api::scheduling::v1beta1 => PodGroup Workload;
        api::storage::v1 =>
            CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment
            VolumeAttributesClass;
        api::storagemigration::v1 => StorageVersionMigration;
        api::storagemigration::v1beta1 => StorageVersionMigration;
        apiextensions_apiserver::pkg::apis::apiextensions::v1 => CustomResourceDefinition;
        kube_aggregator::pkg::apis::apiregistration::v1 => APIService;
    }

    macro_rules! single {
        ($kind:path) => {
            generator.subschema_for::<$kind>()
        };
    }
    for_each_kind! { single:
        api::authentication::v1 => SelfSubjectReview TokenRequest TokenReview;
        api::authorization::v1 =>
            LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview
            SubjectAccessReview;
        api::autoscaling::v1 => Scale;
        api::core::v1 => Binding;
        api::policy::v1 => Eviction;
        apimachinery::pkg::apis::meta::v1 =>
            APIGroupList APIResourceList APIVersions Patch Status;
        apimachinery::pkg::version => Info;
    }

    generator.subschema_for::<WatchEvent<RawExtension>>();

    // Without transforms: they would wrap references, which the blob does not do.
    Kinds { definitions: generator.take_definitions(false), lists }
}
