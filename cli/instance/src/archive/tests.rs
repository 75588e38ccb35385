//! Snapshot files under test.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::error::Code;

fn sample(folder: &Path) {
    fs::create_dir_all(folder.join("kubernetes/deep")).expect("made");
    fs::write(folder.join("kubernetes/empty"), b"").expect("written");
    fs::write(folder.join("kubernetes/deep/data"), vec![7; 1_500]).expect("written");
}

fn packed() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("source");
    sample(&source);
    let file = folder.path().join("snapshot");
    pack(&source, &file).expect("packed");
    (folder, file)
}

fn unpack_anew(folder: &Path, file: &Path) -> crate::Result<Manifest> {
    let target = folder.join("target");
    let _ = fs::remove_dir_all(&target);
    fs::create_dir(&target).expect("made");
    unpack(file, &target, &Limits::default())
}

#[test]
fn what_is_packed_is_unpacked() {
    let (folder, file) = packed();
    let manifest = unpack_anew(folder.path(), &file).expect("unpacked");
    assert_eq!(manifest.services, ["kubernetes"]);
    let data = fs::read(folder.path().join("target/kubernetes/deep/data")).expect("there");
    assert_eq!(data, vec![7; 1_500]);
    assert!(folder.path().join("target/kubernetes/empty").exists());
}

#[test]
fn tar_can_list_it() {
    let (_folder, file) = packed();
    let Ok(output) = std::process::Command::new("tar").arg("tf").arg(&file).output() else {
        return;
    };
    let listed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(listed, "brume-snapshot.json\nkubernetes/deep/data\nkubernetes/empty\n");
}

#[test]
fn every_cut_is_noticed() {
    let (folder, file) = packed();
    let whole = fs::read(&file).expect("readable");
    for length in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        fs::write(&file, &whole[..length]).expect("written");
        assert!(unpack_anew(folder.path(), &file).is_err(), "{length}");
    }
}

#[test]
fn a_missing_file_and_an_unwritable_target_have_their_own_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    let error = unpack(&missing, folder.path(), &Limits::default()).expect_err("missing");
    assert_eq!(error.code, Code::NotFound);
    sample(&folder.path().join("source"));
    let nowhere = folder.path().join("no/such/folder/file");
    assert!(pack(&folder.path().join("source"), &nowhere).is_err());
}

#[test]
fn links_are_not_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).expect("made");
    assert!(pack(folder.path(), &folder.path().join("../snapshot-of-link")).is_err());
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/./b", "a\\b", "a\nb"] {
        assert!(!is_safe(path), "{path}");
    }
    for path in ["a", "kubernetes/segment-1", "a.b/c..d"] {
        assert!(is_safe(path), "{path}");
    }
}

#[test]
fn a_manifest_with_a_traversal_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("evil");
    let path = "../escaped".to_owned();
    let files = vec![ManifestFile { path: path.clone(), bytes: 0, sha256: String::new() }];
    let manifest = Manifest { format: FORMAT, files, ..Manifest::default() };
    let text = serde_json::to_vec(&manifest).expect("JSON");
    let mut bytes = Vec::new();
    let name = MANIFEST_NAME.to_owned();
    bytes.extend(header::Header { name, bytes: text.len() as u64 }.encode());
    bytes.extend(&text);
    bytes.extend(vec![0; header::padding(text.len() as u64)]);
    bytes.extend(header::Header { name: path, bytes: 0 }.encode());
    bytes.extend([0; 1_024]);
    fs::write(&file, bytes).expect("written");
    assert!(unpack_anew(folder.path(), &file).is_err());
    assert!(!folder.path().join("escaped").exists());
}

#[test]
fn limits_hold() {
    let (folder, file) = packed();
    let target = folder.path().join("limited");
    fs::create_dir(&target).expect("made");
    let defaults = Limits::default();
    for limits in [
        Limits { files_max: 1, ..defaults },
        Limits { bytes_max: 10, ..defaults },
        Limits { manifest_bytes_max: 10, ..defaults },
    ] {
        assert!(unpack(&file, &target, &limits).is_err(), "{limits:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A flipped bit anywhere is noticed, except in padding, which carries nothing.
    #[test]
    fn a_flipped_bit_never_changes_contents(position in 0.0_f64..1.0, bit in 0_u8..8) {
        let (folder, file) = packed();
        let mut bytes = fs::read(&file).expect("readable");
        let index = (position * bytes.len() as f64) as usize;
        bytes[index] ^= 1 << bit;
        fs::write(&file, &bytes).expect("written");
        if unpack_anew(folder.path(), &file).is_ok() {
            let data = fs::read(folder.path().join("target/kubernetes/deep/data")).expect("there");
            prop_assert_eq!(data, vec![7; 1_500]);
        }
    }

    /// Arbitrary bytes are refused without a panic.
    #[test]
    fn rubbish_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rubbish");
        fs::write(&file, bytes).expect("written");
        prop_assert!(unpack_anew(folder.path(), &file).is_err());
    }
}
