//! Objects as a whole.

use super::{Rule, tags};
use crate::finding::Severity;

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[&DUPLICATE, &INVALID, &SECRET_DATA, &SOPS, &TOO_LARGE];

/// One object defined twice in a tree.
pub const DUPLICATE: Rule = Rule {
    id: "object/duplicate",
    severity: Severity::Deny,
    tags: tags!["object"],
    title: "one object defined twice in a tree",
    what: "Two documents of one tree define an object of the same group, kind, namespace and name.",
    why: "Kustomize refuses the tree. Without it the one applied last wins, and which that is depends on file \
           names.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  level: info
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  level: debug
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  level: debug
",
};

/// A value that the schema allows and the API server refuses.
pub const INVALID: Rule = Rule {
    id: "object/invalid",
    severity: Severity::Deny,
    tags: tags!["object"],
    title: "a value that the schema allows and the API server refuses",
    what: "A value, or two values together, pass the schema but not the checks that the API server makes in code.",
    why: "The OpenAPI schema does not say all that the API server demands: such an object validates elsewhere and \
           is refused by the cluster.",
    example: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  type: NodePort
  clusterIP: None
  ports:
    - port: 80
",
    instead: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  type: ClusterIP
  clusterIP: None
  ports:
    - port: 80
",
};

/// Secret `data` that is not base64, or lacks what its type demands.
pub const SECRET_DATA: Rule = Rule {
    id: "object/secret-data",
    severity: Severity::Deny,
    tags: tags!["object"],
    title: "Secret `data` that is not base64, or lacks what its type demands",
    what: "A value under `data` of a Secret is not base64, a key is not a valid file name, or a key that the \
           Secret's `type` demands is missing. The value itself is never printed.",
    why: "The API server refuses the Secret. Plain text belongs under `stringData`.",
    example: "\
apiVersion: v1
kind: Secret
metadata:
  name: db
data:
  password: change-me!
",
    instead: "\
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: change-me!
",
};

/// An encrypted object that SOPS cannot decrypt.
pub const SOPS: Rule = Rule {
    id: "object/sops",
    severity: Severity::Deny,
    tags: tags!["object"],
    title: "an encrypted object that SOPS cannot decrypt",
    what: "An object that SOPS has encrypted holds a value that is plain text where SOPS was told to encrypt, an encrypted \
           value that is cut short, or no key that it can be decrypted with; or an object without `sops` holds an \
           encrypted value. The values themselves are never decrypted nor printed.",
    why: "Decryption fails, and with it whatever waits for the object; a value that was changed by hand lies in the \
          history in plain text. Without `sops`, the cluster gets the encrypted text as the value.",
    example: "\
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]
",
    instead: "\
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]
sops:
  age:
    - recipient: age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq
      enc: |
        -----BEGIN AGE ENCRYPTED FILE-----
        c29tZSBrZXk=
        -----END AGE ENCRYPTED FILE-----
  lastmodified: \"2026-01-01T00:00:00Z\"
  mac: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]
  encrypted_regex: ^(data|stringData)$
  version: 3.11.0
",
};

/// An object over the size that etcd takes.
pub const TOO_LARGE: Rule = Rule {
    id: "object/too-large",
    severity: Severity::Deny,
    tags: tags!["object"],
    title: "an object over the size that etcd takes",
    what: "A ConfigMap or Secret holds more than 1 MiB of data, or an object is larger than what etcd takes in one \
           request (1.5 MiB).",
    why: "The API server refuses the object. With client-side apply the limit is lower still: the whole object \
           goes into an annotation.",
    example: "$ kubectl create configmap model --from-file=model.bin --dry-run=client -o yaml > model.yaml  # of 2 MiB",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: model
data:
  url: https://files.example.com/model.bin
",
};
