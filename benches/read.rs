//! How fast documents are read, in bytes a second: `cargo bench --bench read`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use plimsoll::manifest::{Document, FileId, Source, read_documents, read_documents_slowly};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A file of the manifests that repositories are full of.
fn manifests(count: usize) -> String {
    (0..count)
        .map(|number| {
            format!(
                r#"---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{number}
  namespace: shop # one for each team
  labels:
    app.kubernetes.io/name: web-{number}
    app.kubernetes.io/part-of: "shop"
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app.kubernetes.io/name: web-{number}}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{number}
      annotations:
        description: The web front of the shop,
          number {number}
    spec:
      containers:
      - name: web
        image: registry.example.com/shop/web:1.{number}.0
        args: ["--port", "8080", "--log-level=info"]
        env:
        - name: BACKEND
          value: http://backend.shop.svc:8080/api
        ports:
        - containerPort: 8080
          protocol: TCP
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            memory: 256Mi
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-{number}
  namespace: shop
data:
  web.conf: |
    # where to listen
    listen = 0.0.0.0:8080

    [log]
    level = info
  greeting: 'it''s open'
"#,
                replicas = number % 5
            )
        })
        .collect()
}

fn read(bencher: Bencher<'_, '_>, path: &str, text: String, read: fn(FileId, &Source) -> Vec<Document<'_>>) {
    let source = Source::new(path, text);
    bencher.counter(BytesCount::of_str(&source.text)).bench(|| drop(black_box(read(FileId(0), black_box(&source)))));
}

#[divan::bench(args = [1, 100])]
fn fast_path(bencher: Bencher<'_, '_>, count: usize) {
    read(bencher, "a.yaml", manifests(count), read_documents);
}

#[divan::bench(args = [1, 100])]
fn slow_path(bencher: Bencher<'_, '_>, count: usize) {
    read(bencher, "a.yaml", manifests(count), read_documents_slowly);
}

#[divan::bench]
fn json(bencher: Bencher<'_, '_>) {
    let source = Source::new("a.yaml", manifests(100));
    let values = read_documents(FileId(0), &source);
    let text = values.iter().map(|document| match &document.content {
        plimsoll::manifest::Content::Value(node) => plimsoll::manifest::to_json_text(node),
        other => panic!("{other:?}"),
    });
    read(bencher, "a.json", text.collect(), read_documents);
}
