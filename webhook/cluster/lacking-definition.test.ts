import { describe, expect, it } from 'vitest';
import type { RequiredDefinition } from '../../src/api/manifests/required-definitions.ts';
import { requiredDefinitions } from '../../src/api/manifests/required-definitions.ts';
import { customResourceDefinitions } from '../../src/api/manifests/custom-resource-definitions.ts';
import { lackOf, type StoredDefinition } from './lacking-definition.ts';

const settled = { rule: "self.x == 'y'", message: 'settled is for ever', fieldPath: '.status.phase' };
const required: RequiredDefinition = {
  name: 'things.example.com',
  version: 'v1alpha1',
  optional: false,
  selectableFields: ['.status.phase'],
  rules: [settled],
};
const declared = { properties: { status: { properties: { phase: {} } } } };

function stored(version: object): StoredDefinition {
  return {
    spec: {
      versions: [
        { name: 'v1', served: true },
        { name: 'v1alpha1', served: true, ...version },
      ],
    },
  };
}

/** The patch in the command that a reason ends with. */
function patchIn(reason: string | undefined): unknown {
  const json = / --patch='(.*)'$/.exec(reason ?? '')?.[1] ?? '';
  expect(json).not.toContain("'");
  return JSON.parse(json);
}

describe('lackOf', () => {
  it('finds nothing lacking in what stepgate installs itself', () => {
    const own = customResourceDefinitions() as unknown as StoredDefinition[];
    expect(requiredDefinitions().map((each, index) => lackOf(each, own[index] as StoredDefinition))).toEqual(
      own.map(() => undefined),
    );
  });

  it('asks for what the limit rests on, of the kind that has it', () => {
    const executions = requiredDefinitions().find(({ name }) => name.startsWith('kubernetesexecutions.'));
    expect(executions?.selectableFields).toEqual(['.status.phase']);
    expect(executions?.rules[0]?.message).toContain('settled is for ever');
    expect(executions?.rules.length).toBeGreaterThan(5);
  });

  it('names what a definition lacks, with a patch of the right version that makes the lists', () => {
    const reason = lackOf(required, stored({ schema: { openAPIV3Schema: declared } }));
    expect(reason).toMatch(
      /^the CustomResourceDefinition things.example.com lacks the selectableFields .status.phase and 1 CEL rules \(.status.phase\), on which the promises of stepgate rest. Add them: kubectl patch /,
    );
    expect(patchIn(reason)).toEqual([
      { op: 'test', path: '/spec/versions/1/name', value: 'v1alpha1' },
      { op: 'add', path: '/spec/versions/1/selectableFields', value: [{ jsonPath: '.status.phase' }] },
      {
        op: 'add',
        path: '/spec/versions/1/schema/openAPIV3Schema/x-kubernetes-validations',
        value: [settled],
      },
    ]);
  });

  it('puts what is lacking behind what others have put there', () => {
    const schema = { openAPIV3Schema: { ...declared, 'x-kubernetes-validations': [{ rule: 'true' }] } };
    const reason = lackOf(required, stored({ schema, selectableFields: [{ jsonPath: '.spec.color' }] }));
    expect(patchIn(reason)).toEqual([
      { op: 'test', path: '/spec/versions/1/name', value: 'v1alpha1' },
      { op: 'add', path: '/spec/versions/1/selectableFields/-', value: { jsonPath: '.status.phase' } },
      {
        op: 'add',
        path: '/spec/versions/1/schema/openAPIV3Schema/x-kubernetes-validations/-',
        value: settled,
      },
    ]);
  });

  it('says what a schema must declare first', () => {
    const reason = lackOf(required, stored({ schema: { openAPIV3Schema: { properties: { status: {} } } } }));
    expect(reason).toContain('Its schema must first declare .status.phase. Add them:');
  });

  it('says that the version is not served, or not there', () => {
    const unserved = 'the CustomResourceDefinition things.example.com does not serve v1alpha1';
    expect(lackOf(required, stored({ served: false }))).toBe(unserved);
    expect(lackOf(required, { spec: { versions: [] } })).toBe(unserved);
  });
});
