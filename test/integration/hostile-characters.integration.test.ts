import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowAnnotation } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { startInstalledCluster, type InstalledCluster } from '../cluster/installed-cluster.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, refusalOf } from './refusal.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let namespace: OpenNamespace;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1 });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  namespace = await openNamespace(client, 'hostile');
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** What a terminal would obey, what reorders text, and what a reader of YAML refuses. */
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;

const hostile = ['\u007f', '\u0085', '\u009b2J', '\u202e', '\u2066', '\ufffe'];

describe('characters that deceive readers or break them', () => {
  it.each(hostile)('are refused in workflows and executions, with the place named: %j', async (text) => {
    const parameters = { deployment: 'shop', note: `a${text}b` };
    const workflow = makeWorkflow('refused').steps(1).build();
    const steps = (workflow.spec.steps ?? []).map((step) => ({ ...step, parameters }));
    const ofWorkflow = await refusalOf(namespace.workflows.create({ ...workflow, spec: { steps } }));
    expect(causesOf(ofWorkflow)).toEqual(['CharacterNotAllowed']);
    expect(ofWorkflow.message).toContain('spec.steps[0].parameters.note has the character U+');
    const execution = makeExecution('refused').of('any').withSpec({ parameters }).build();
    const ofExecution = await refusalOf(namespace.executions.create(execution));
    expect(causesOf(ofExecution)).toEqual(['CharacterNotAllowed']);
    expect(ofExecution.message).toContain('spec.parameters.note');
  });

  it('reach no terminal through kubectl, neither in a refusal nor in the YAML of a list', async () => {
    const execution = makeExecution('quoted').of('any').build();
    const { labels: _labels, ...metadata } = execution.metadata;
    const annotations = { [workflowAnnotation]: `no-name-${hostile.join('')}` };
    const unnamed = { ...execution, metadata: { ...metadata, annotations } };
    const create = ['-n', 'hostile', 'create', '-f', '-'];
    const refused = await cluster.controlPlane.kubectl(create, { input: JSON.stringify(unnamed) });
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('U+009B');
    expect(refused.stderr).not.toMatch(raw);
    await namespace.workflow();
    const listed = await cluster.controlPlane.kubectl(['-n', 'hostile', 'get', 'wfe', '-o', 'yaml']);
    expect(listed.exitCode).toBe(0);
    expect(listed.stdout).not.toMatch(raw);
  });
});
