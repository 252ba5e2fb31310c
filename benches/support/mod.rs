//! What the benchmarks read: manifests as repositories are full of them.

/// A text of as many Deployments, each with its ConfigMap.
pub(crate) fn manifests(count: usize) -> String {
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
