// The module of the YAML reference. It is built by the test support code
// (tests/support/yaml_reference.rs), never by Cargo, and nothing of it is part of the shipped binary.
module plimsoll.test/yaml-reference

go 1.24

require sigs.k8s.io/yaml v1.6.0

require go.yaml.in/yaml/v2 v2.4.2 // indirect
