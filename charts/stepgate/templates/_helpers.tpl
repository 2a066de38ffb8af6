{{/* Name of the installation: the release's, with stepgate in it. */}}
{{- define "stepgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains "stepgate" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-stepgate" (.Release.Name | trunc 31 | trimSuffix "-") -}}
{{- end -}}
{{- end }}

{{- define "stepgate.webhook" -}}{{ include "stepgate.fullname" . }}-webhook{{- end }}
{{- define "stepgate.controller" -}}{{ include "stepgate.fullname" . }}-controller{{- end }}

{{- define "stepgate.installer" -}}{{ include "stepgate.fullname" . }}-installer{{- end }}
{{- define "stepgate.rotation" -}}{{ include "stepgate.fullname" . }}-rotation{{- end }}

{{/* Secrets of the certificate: cert-manager writes another one than the installer, so that neither takes over from the other. */}}
{{- define "stepgate.certManagerSecret" -}}{{ include "stepgate.webhook" . }}-tls{{- end }}
{{- define "stepgate.certificateSecret" -}}
{{- if .Values.certManager.enabled }}{{ include "stepgate.certManagerSecret" . }}{{ else }}{{ include "stepgate.webhook" . }}-certificates{{ end -}}
{{- end }}

{{- define "stepgate.labels" -}}
app.kubernetes.io/name: stepgate
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "stepgate.selector" -}}
app.kubernetes.io/name: stepgate
app.kubernetes.io/instance: {{ .context.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "stepgate.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if .Values.image.digest -}}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}{{ .Values.image.repository }}:{{ $tag }}
{{- end -}}
{{- end }}

{{/*
The documents of generated files, as part of this release: named for it, labelled as it, and each given to "transform",
a template that may change the document in .document, or leave it out by an empty kind. Files say kubernaut-system and stepgate-…, as they are when they
are applied by hand.
*/}}
{{- define "stepgate.generated" -}}
{{- $root := .root -}}
{{- $labels := include "stepgate.labels" $root | fromYaml -}}
{{- range $path := .paths }}
{{- $text := $root.Files.Get $path
      | replace "kubernaut-system" "@@namespace@@" -}}
{{- range $name := list "webhook" "controller" "viewer" "editor" "approver" "action-account" "installer" "rotation" "admission-path" -}}
{{- $text = $text | replace (printf "stepgate-%s" $name) (printf "@@fullname@@-%s" $name) -}}
{{- end -}}
{{- $text = $text | replace "@@namespace@@" $root.Release.Namespace | replace "@@fullname@@" (include "stepgate.fullname" $root) -}}
{{- range $part := regexSplit "(?m)^---\\n" $text -1 }}
{{- $document := fromYaml $part -}}
{{- if hasKey $document "Error" }}{{ fail (printf "%s: %s" $path $document.Error) }}{{ end -}}
{{- $metadata := $document.metadata -}}
{{- $_ := set $metadata "labels" (mergeOverwrite (deepCopy (default (dict) $metadata.labels)) $labels) -}}
{{- if $.transform }}{{ $_ := include $.transform (dict "root" $root "document" $document) }}{{ end }}
{{- if $document.kind }}
---
# Source: {{ $path }}
{{ toYaml $document }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Paths of the files that match, in order; the engine's own order is random. */}}
{{- define "stepgate.paths" -}}
{{- $paths := list -}}
{{- range $path, $_ := .root.Files.Glob .glob }}{{ $paths = append $paths $path }}{{ end -}}
{{- $paths | sortAlpha | toJson -}}
{{- end }}

{{/* "yes" where a real cluster is asked, and not the list that helm knows by heart: client-go has no APIService. */}}
{{- define "stepgate.connected" -}}
{{- if .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1" }}yes{{ end -}}
{{- end }}

{{/* "yes" where an object of the kind is wanted and can be: .enabled is true, false or auto. */}}
{{- define "stepgate.wants" -}}
{{- $has := .root.Capabilities.APIVersions.Has .api -}}
{{- if eq (toString .enabled) "auto" -}}
{{- if $has }}yes{{ end -}}
{{- else if .enabled -}}
{{- if and (not $has) (include "stepgate.connected" .root) -}}
{{- fail (printf "%s is true, and this cluster has no %s. Set it to auto, or install what brings that kind." .value .api) -}}
{{- end -}}
yes
{{- end -}}
{{- end }}

{{/* Refuses what the schema cannot: values that contradict each other or the cluster. */}}
{{- define "stepgate.validate" -}}
{{- if and (not .Values.certManager.enabled) (not .Values.selfManagedCertificates.enabled) -}}
{{- fail "certManager.enabled and selfManagedCertificates.enabled are both false: the webhook would have no certificate. Set one of them to true." -}}
{{- end -}}
{{- if and .Values.certManager.enabled (include "stepgate.connected" .) (not (.Capabilities.APIVersions.Has "cert-manager.io/v1/Certificate")) -}}
{{- fail "certManager.enabled is true, and this cluster has no cert-manager (no kind Certificate of cert-manager.io/v1). Install cert-manager first, or let the installer make the certificate: --set certManager.enabled=false" -}}
{{- end -}}
{{- end }}

{{/* What the pods of both parts have in common. */}}
{{- define "stepgate.podSpec" -}}
securityContext:
  runAsNonRoot: true
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
{{- else }}
  # By node alone: the scheduler leaves out of its account every node that lacks one of the keys, and few have zones.
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    # Better two on one node than one nowhere.
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "stepgate.selector" (dict "context" .root "component" .component) | nindent 8 }}
    # Of a new ReplicaSet alone: during a rollout the old pods do not count.
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{- define "stepgate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Ports, probes, environment: the same for both, because both have the same port of health and metrics. */}}
{{- define "stepgate.containerCommon" -}}
env:
  - name: POD_NAME
    valueFrom: { fieldRef: { fieldPath: metadata.name } }
  - name: POD_NAMESPACE
    valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
  {{- /* A name twice is no list that the API server takes. */}}
  {{- $given := dict }}
  {{- range .values.extraEnv }}{{ $_ := set $given .name true }}{{ end }}
  {{- if and .nodeOptions (not (hasKey $given "NODE_OPTIONS")) }}
  - { name: NODE_OPTIONS, value: {{ .nodeOptions }} }
  {{- end }}
  {{- with .values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
# Starting takes as long as the API server takes to answer.
startupProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 2
  failureThreshold: 150
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 2
resources: {{- toYaml .values.resources | nindent 2 }}
securityContext: {{- include "stepgate.containerSecurity" . | nindent 2 }}
{{- end }}

{{/* A pod that runs a task of the installer, as an account of its own. */}}
{{- define "stepgate.installerPod" -}}
metadata:
  labels:
    {{- include "stepgate.selector" (dict "context" .root "component" "installer") | nindent 4 }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ .account }}
  automountServiceAccountToken: true
  securityContext:
    runAsNonRoot: true
    seccompProfile: { type: RuntimeDefault }
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.webhook.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.webhook.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: installer
      image: {{ include "stepgate.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args:
        - install
        - --task={{ .task }}
        - --installation={{ include "stepgate.fullname" .root }}
        {{- if not .root.Values.certManager.enabled }}
        - --make-certificates
        {{- end }}
        {{- if .root.Values.admission.clientCA.secretName }}
        - --client-certificates
        {{- end }}
      env:
        - name: POD_NAMESPACE
          valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
      resources:
        requests: { cpu: 50m, memory: 64Mi }
        limits: { memory: 256Mi }
      securityContext: {{- include "stepgate.containerSecurity" . | nindent 8 }}
{{- end }}
