//! `werf helm secret` reads and writes what werf 1.1 wrote and read.

use super::World;
use super::golden;

fn key() -> String {
    golden("secret/key.txt").trim().to_owned()
}

fn secret(world: &World, words: &[&str], input: &str) -> String {
    let words = [&["werf", "helm", "secret"], words].concat();
    world.run(&words, &[("WERF_SECRET_KEY", &key())], input).printed()
}

#[test]
fn what_1_1_encrypted_is_decrypted() {
    let world = World::new();
    world.write("values.yaml", &golden("secret/values-encrypted.yaml"));
    assert_eq!(secret(&world, &["values", "decrypt", "values.yaml"], ""), golden("secret/values-decrypted.yaml"));
    world.write("file", &golden("secret/file-encrypted.txt"));
    assert_eq!(secret(&world, &["file", "decrypt", "file"], ""), golden("secret/file-plain.txt"));
    assert_eq!(secret(&world, &["decrypt"], &golden("secret/file-encrypted.txt")), golden("secret/file-plain.txt"));
}

#[test]
fn what_is_encrypted_comes_back() {
    let world = World::new();
    let encrypted = secret(&world, &["values", "encrypt"], &golden("secret/values-plain.yaml"));
    assert!(encrypted.starts_with("app:\n  password: 1000") && !encrypted.contains("s3cr3t"), "{encrypted}");
    assert_eq!(secret(&world, &["values", "decrypt"], &encrypted), golden("secret/values-decrypted.yaml"));
    let _ = secret(&world, &["encrypt", "-o", "sealed"], "plain string");
    assert_eq!(secret(&world, &["file", "decrypt", "sealed"], ""), "plain string");
}

#[test]
fn a_key_is_found_in_its_places() {
    let world = World::new();
    world.write("values.yaml", &golden("secret/values-encrypted.yaml"));
    let decrypt = ["helm", "secret", "values", "decrypt", "values.yaml"];
    insta::assert_snapshot!(world.werf(&decrypt, &[]), @r"
    --- stderr
    Error: encryption key not found in: '$WERF_SECRET_KEY', '/home/ci/.werf_secret_key', '/home/ci/.werf/global_secret_key'
    hint: set `WERF_SECRET_KEY` among the CI/CD variables of the project, masked; `--ignore-secret-key` leaves secrets encrypted
    cause: secret-unreadable (user)
    --- exit code 1
    ");
    world.write(".werf/global_secret_key", &golden("secret/key.txt"));
    assert_eq!(world.werf(&decrypt, &[]).code, 0);
    world.write(".werf_secret_key", "e15e65bac634e68108f29f126d1806a9\n");
    insta::assert_snapshot!(world.werf(&decrypt, &[]), @r"
    --- stderr
    Error: value `app.password`: decryption failed: check encryption key and data: inconsistent data, unpad failed
    cause: secret-unreadable (user)
    --- exit code 1
    ");
}

#[test]
fn a_new_key_takes_over() {
    let world = World::new();
    world.write(".helm/secret-values.yaml", &golden("secret/values-encrypted.yaml"));
    world.write(".helm/secret/config.txt", &golden("secret/file-encrypted.txt"));
    let new = world.werf(&["helm", "secret", "generate-secret-key"], &[]).printed();
    assert_eq!(new.trim().len(), 32);
    let old = key();
    let variables = [("WERF_OLD_SECRET_KEY", old.as_str()), ("WERF_SECRET_KEY", new.trim())];
    let said = world.werf(&["helm", "secret", "rotate-secret-key"], &variables).printed();
    assert!(said.contains("┌ Saving file '.helm/secret/config.txt'\n"), "{said}");
    let with_new = |words: &[&str]| world.werf(words, &variables).printed();
    let values = with_new(&["helm", "secret", "values", "decrypt", ".helm/secret-values.yaml"]);
    assert_eq!(values, golden("secret/values-decrypted.yaml"));
    let file = with_new(&["helm", "secret", "file", "decrypt", ".helm/secret/config.txt"]);
    assert_eq!(file, golden("secret/file-plain.txt"));
}

#[test]
fn editing_changes_what_was_edited_and_leaves_nothing_behind() {
    let world = World::new();
    world.write("values.yaml", &golden("secret/values-encrypted.yaml"));
    let key = key();
    let edit = |editor: &str| {
        let variables = [("WERF_SECRET_KEY", key.as_str()), ("EDITOR", editor)];
        world.werf(&["helm", "secret", "values", "edit", "values.yaml"], &variables)
    };
    let _ = edit("true").printed();
    assert_eq!(world.read("values.yaml"), golden("secret/values-encrypted.yaml"));
    let _ = edit("sed -i s/s3cr3t/n3w/").printed();
    let after = world.read("values.yaml");
    let before = golden("secret/values-encrypted.yaml");
    assert_eq!(before.lines().zip(after.lines()).filter(|(one, other)| one != other).count(), 1);
    assert!(secret(&world, &["values", "decrypt", "values.yaml"], "").contains("password: n3w\n"));
    let invalid = edit("sed -i 's/^app:/app: [/'");
    assert_eq!((invalid.code, world.read("values.yaml")), (1, after));
    assert_eq!(std::fs::read_dir(world.path("tmp")).unwrap().count(), 0);
}
