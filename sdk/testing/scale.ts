import type { StoredObject } from './fake-objects.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** The subresource `scale` of a workload. Source: autoscaling/v1 `Scale`. */
export function scaleOf(object: StoredObject): JsonObject {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion },
    spec: { replicas: field(object['spec'], 'replicas') ?? 1 },
    status: { replicas: field(object['status'], 'replicas') ?? 0 },
  };
}

/** The workload as a written scale wants it. */
export function scaled(object: StoredObject, scale: JsonObject): JsonObject {
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  return { ...object, spec: { ...spec, replicas: field(scale['spec'], 'replicas') ?? 0 } };
}

function field(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}
