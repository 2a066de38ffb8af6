import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createManualClock } from '../kube/manual-clock.ts';
import type { Verdict } from '../policy/verdict.ts';
import { createPluginAdmission } from './plugin-admission.ts';
import type { PluginFailure } from './plugin-failure.ts';
import type { AdmissionCheck, CheckFacts, Plugin } from './plugin.ts';

const run = async () => undefined;
const scale = { name: 'scale', parameters: z.strictObject({ replicas: z.number() }), run };
const acme: Plugin = { name: 'acme', actions: [scale] };
const other: Plugin = { name: 'other', actions: [{ name: 'restart', parameters: z.object({}), run }] };

const facts: CheckFacts = {
  namespace: 'shop',
  name: 'step',
  workflow: 'heal',
  stepNumber: 1,
  action: 'scale',
  parameters: { replicas: 3 },
  serviceAccountName: 'stepgate-runner',
  user: { name: 'jane', groups: [] },
  dryRun: false,
};

function admission(plugins: readonly Plugin[], known: readonly Plugin[] = []) {
  const failures: PluginFailure[] = [];
  const clock = createManualClock();
  const onFailure = (failure: PluginFailure) => void failures.push(failure);
  const options = { clock, onFailure, known, limitMilliseconds: 100 };
  return { ...createPluginAdmission(plugins, options), failures, clock };
}

const judge = (
  plugins: readonly Plugin[],
  changed: Partial<CheckFacts> = {},
  known: readonly Plugin[] = [],
) => admission(plugins, known).judge(structuredClone({ ...facts, ...changed }));

const withCheck = (
  check: AdmissionCheck['check'],
  actions?: AdmissionCheck['actions'],
  plugin = acme,
  more: Partial<AdmissionCheck> = {},
): Plugin => ({ ...plugin, checks: [{ name: 'Mine', check, ...(actions && { actions }), ...more }] });

const allow = () => ({ decision: 'allow' as const });
const refuse = () => ({
  decision: 'deny' as const,
  code: 403,
  reason: 'Forbidden',
  message: 'No.',
  causes: [],
});
const hang = () => {
  for (;;);
};
const reasonsOf = (verdict: Verdict) =>
  verdict.decision === 'deny' ? verdict.causes.map(({ reason }) => reason) : [];

describe('parameters', () => {
  it('that fit pass, and so does an action that no plugin has', () => {
    expect(judge([acme])).toEqual({ decision: 'allow' });
    expect(judge([acme], { action: 'unknown', parameters: { replicas: 'x' } })).toEqual({
      decision: 'allow',
    });
  });

  it('that do not fit are refused, and no check is asked', () => {
    const verdict = judge([withCheck(() => expect.fail('asked'), '*')], { parameters: { replicas: '3' } });
    expect(verdict).toMatchObject({ code: 422, causes: [{ field: 'spec.parameters.replicas' }] });
  });
});

describe('a check', () => {
  it.each<[string, AdmissionCheck['actions'], string, boolean]>([
    ["its own plugin's actions", undefined, 'scale', true],
    ['not of others, unless it says so', undefined, 'restart', false],
    ['all of them, if it says so', '*', 'restart', true],
    ['the ones that it names', ['restart'], 'restart', true],
    ['and no others then', ['restart'], 'scale', false],
  ])('is asked about %s', (_, actions, action, isAsked) => {
    const plugins = [withCheck(refuse, actions), other];
    const parameters = action === 'scale' ? facts.parameters : {};
    expect(admission(plugins).concerns(action)).toBe(isAsked || action !== 'unknown');
    expect(reasonsOf(judge(plugins, { action, parameters }))).toEqual(isAsked ? ['Mine'] : []);
  });

  it('is asked only after those before it have allowed, and the remarks of all ride along', () => {
    const remark = (text: string) => () => ({
      decision: 'allow' as const,
      warnings: [text],
      auditAnnotations: { [text]: text },
    });
    const plugins = [
      {
        ...acme,
        checks: [
          { name: 'First', check: remark('one') },
          { name: 'Second', check: remark('two') },
          { name: 'Third', check: refuse },
          { name: 'Fourth', check: () => expect.fail('asked') },
        ],
      },
    ];
    expect(judge(plugins)).toMatchObject({
      decision: 'deny',
      causes: [{ reason: 'Third' }],
      warnings: ['one', 'two'],
      auditAnnotations: { one: 'one', two: 'two' },
    });
  });

  it('cannot change what the next one sees', () => {
    const meddle = (seen: CheckFacts) => {
      Reflect.set(seen.parameters, 'replicas', 100);
      Reflect.set(seen.user, 'name', 'admin');
      return allow();
    };
    const look = ({ parameters, user }: CheckFacts) =>
      parameters['replicas'] === 3 && user.name === 'jane' ? refuse() : allow();
    const plugins = [withCheck(meddle), withCheck(look, '*', other)];
    expect(reasonsOf(judge(plugins))).toEqual(['Mine']);
  });
});

describe('parameters as a check sees them', () => {
  const manifest = z.preprocess(
    (value) => (typeof value === 'string' ? (JSON.parse(value) as unknown) : value),
    z.looseObject({ kind: z.string() }),
  );
  const apply = {
    name: 'apply',
    parameters: z.strictObject({ manifest, force: z.boolean().default(false) }),
    run,
  };
  const builtIn: Plugin = { name: 'built-in', actions: [apply] };
  const parameters = { manifest: '{"kind":"Secret"}' };
  const seen = (plugins: (check: AdmissionCheck['check']) => readonly Plugin[], known: readonly Plugin[]) => {
    const all: unknown[] = [];
    const check = ({ parameters: shown }: CheckFacts) => {
      all.push(shown);
      return allow();
    };
    expect(judge(plugins(check), { action: 'apply', parameters }, known)).toEqual({ decision: 'allow' });
    return all;
  };

  it.each<[string, (check: AdmissionCheck['check']) => readonly Plugin[], readonly Plugin[]]>([
    ['its own plugin', (check) => [withCheck(check, undefined, builtIn)], []],
    ['another plugin', (check) => [withCheck(check, '*'), builtIn], []],
    ['another plugin that is asked before its owner', (check) => [withCheck(check, ['apply']), builtIn], []],
    ['the built-in ones', (check) => [withCheck(check, ['apply'])], [builtIn]],
  ])('are what the action of %s will get', (_, plugins, known) => {
    expect(seen(plugins, known)).toEqual([{ manifest: { kind: 'Secret' }, force: false }]);
  });

  it('are frozen, and bytes among them do no harm', () => {
    const bytes = {
      ...apply,
      parameters: z.looseObject({}).transform(() => ({ key: new Uint8Array(4), deep: {} })),
    };
    const check = ({ parameters: shown }: CheckFacts) =>
      Object.isFrozen(shown) && Object.isFrozen(shown['deep']) ? refuse() : allow();
    const plugin = withCheck(check, undefined, { name: 'acme', actions: [bytes] });
    expect(reasonsOf(judge([plugin], { action: 'apply', parameters }))).toEqual(['Mine']);
  });

  it('are as they came to the schema of the action, which is asked once', () => {
    let asked = 0;
    const counted = z.any().transform((value: unknown) => {
      asked += 1;
      return value as object;
    });
    const plugin = { name: 'acme', actions: [{ ...apply, parameters: counted }] };
    judge([withCheck(allow, '*', plugin), withCheck(allow, '*', other)], { action: 'apply', parameters });
    expect(asked).toBe(1);
  });

  it('that do not fit the schema of a built-in action are refused where a check is asked about it, else let be', () => {
    const unfit = { action: 'apply', parameters: { manifest: '{"kind":7}' } };
    const check = () => expect.fail('asked');
    expect(judge([withCheck(check, ['apply'])], unfit, [builtIn])).toMatchObject({
      code: 422,
      causes: [{ reason: 'ParametersInvalid', field: 'spec.parameters.manifest.kind' }],
    });
    expect(judge([withCheck(check)], unfit, [builtIn])).toEqual({ decision: 'allow' });
    const optional = withCheck(check, ['apply'], acme, { onFailure: 'allow' });
    expect(judge([optional], unfit, [builtIn])).toMatchObject({
      decision: 'allow',
      warnings: [
        'check Mine of plugin "acme" was not asked: the parameters do not fit the action "apply"; the execution passes without it',
      ],
    });
    expect(reasonsOf(judge([optional, withCheck(check, '*', other)], unfit, [builtIn]))).toEqual([
      'ParametersInvalid',
    ]);
    const raw = ({ parameters: shown }: CheckFacts) =>
      shown['manifest'] === '{"kind":7}' ? refuse() : allow();
    const takesRaw = withCheck(raw, '*', acme, { unparsedParameters: 'raw' });
    expect(reasonsOf(judge([takesRaw], unfit, [builtIn]))).toEqual(['Mine']);
  });

  it('are refused where the schema of a built-in action fails', () => {
    const failing = { name: 'built-in', actions: [{ ...apply, parameters: z.any().refine(hang) }] };
    const { judge: ask, failures } = admission([withCheck(() => expect.fail('asked'), '*')], [failing]);
    expect(reasonsOf(ask({ ...facts, action: 'apply', parameters: {} }))).toEqual(['PluginFailed']);
    expect(failures).toMatchObject([
      { plugin: 'built-in', part: 'the schema of action apply', kind: 'hung' },
    ]);
  });

  it.each([['a text'], [7], [null], [['a list']]])('are refused where a schema makes %j of them', (value) => {
    const odd = { ...apply, parameters: z.any().transform(() => value) };
    const asked = { action: 'apply', parameters };
    const ofOwn = judge([withCheck(allow, '*', { name: 'acme', actions: [odd] })], asked);
    const ofBuiltIn = judge([withCheck(allow, '*')], asked, [{ name: 'built-in', actions: [odd] }]);
    expect([reasonsOf(ofOwn), reasonsOf(ofBuiltIn)]).toEqual([['PluginFailed'], ['PluginFailed']]);
    expect(judge([{ name: 'acme', actions: [odd] }], asked)).toEqual({ decision: 'allow' });
  });

  it("of a plugin's own action are parsed by its schema, though a built-in action has the same name", () => {
    const mine = { name: 'acme', actions: [{ ...apply, parameters: z.object({ manifest: z.string() }) }] };
    const all: unknown[] = [];
    const check = ({ parameters: shown }: CheckFacts) => {
      all.push(shown);
      return allow();
    };
    judge([withCheck(check, undefined, mine)], { action: 'apply', parameters }, [builtIn]);
    expect(all).toEqual([parameters]);
  });
});

describe('an execution whose action nobody knows', () => {
  const unknown = { action: 'unknown', parameters: { replicas: 'x' } };

  it('is refused where a check is to judge it', () => {
    const plugins = [withCheck(() => expect.fail('asked'), '*')];
    expect(admission(plugins).concerns('unknown')).toBe(true);
    expect(judge(plugins, unknown)).toMatchObject({
      code: 422,
      causes: [{ reason: 'ActionUnknown', field: 'spec.action' }],
    });
  });

  it('is shown as it came to a check that asks for that', () => {
    const check = ({ parameters }: CheckFacts) => (parameters['replicas'] === 'x' ? refuse() : allow());
    expect(reasonsOf(judge([withCheck(check, '*', acme, { unparsedParameters: 'raw' })], unknown))).toEqual([
      'Mine',
    ]);
  });

  it('passes with a warning where the check may be left out', () => {
    const check = () => expect.fail('asked');
    expect(judge([withCheck(check, '*', acme, { onFailure: 'allow' })], unknown)).toMatchObject({
      decision: 'allow',
      warnings: [
        'check Mine of plugin "acme" was not asked: the webhook knows no action "unknown"; the execution passes without it',
      ],
    });
  });

  it('passes where no check is asked about it', () => {
    expect(judge([withCheck(refuse)], unknown)).toEqual({ decision: 'allow' });
  });
});

describe('a plugin that was asked while the whole process stood still', () => {
  const standsStill = (times: number) => () => {
    times -= 1;
    if (times >= 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    return { decision: 'allow' } as const;
  };

  it('is asked again, once', () => {
    const { judge: ask, failures } = admission([withCheck(standsStill(1))]);
    expect(ask(facts)).toMatchObject({ decision: 'allow' });
    expect(failures).toEqual([]);
  });

  it('has hung if that was its own doing', () => {
    const { judge: ask, failures } = admission([withCheck(standsStill(2))]);
    expect(ask(facts)).toMatchObject({ code: 500, causes: [{ reason: 'PluginFailed' }] });
    expect(failures).toMatchObject([{ kind: 'hung' }]);
  });
});

describe('a plugin that fails', () => {
  const failing: readonly [PluginFailure['kind'], () => never][] = [
    [
      'threw',
      () => {
        throw new Error('secret');
      },
    ],
    ['hung', hang],
    ['nonsense', () => 'yes' as unknown as never],
    ['nonsense', () => Promise.reject(new Error('later')) as never],
  ];

  it.each(failing)(
    '%s: executions of its own actions are refused, and its error stays inside',
    (kind, check) => {
      const { judge: ask, failures } = admission([withCheck(check)]);
      const verdict = ask(facts);
      expect(verdict).toMatchObject({ code: 500, causes: [{ reason: 'PluginFailed' }] });
      expect(JSON.stringify(verdict)).toContain('plugin \\"acme\\" has failed: check Mine');
      expect(JSON.stringify(verdict)).not.toContain('secret');
      expect(failures).toMatchObject([{ plugin: 'acme', part: 'check Mine', kind }]);
    },
  );

  it.each(failing)(
    '%s: executions of others are refused too, and no further check is asked',
    (kind, check) => {
      const broken = { name: 'Broken', check, actions: '*' as const };
      let isAsked = false;
      const next = () => {
        isAsked = true;
        return allow();
      };
      const plugins = [{ ...acme, checks: [broken] }, other, withCheck(next, '*', { name: 'third' })];
      const { judge: ask, failures } = admission(plugins);
      const foreign = { ...facts, action: 'restart', parameters: {} };
      expect(reasonsOf(ask(foreign))).toEqual(['PluginFailed']);
      expect(failures).toMatchObject([{ plugin: 'acme', part: 'check Broken', kind }]);
      expect(isAsked).toBe(false);
    },
  );

  it.each(failing)(
    '%s: where the check allows that, executions pass with a warning, and go on to the other checks',
    (kind, check) => {
      const broken = { name: 'Broken', check, actions: '*' as const, onFailure: 'allow' as const };
      const plugins = [
        { ...acme, checks: [broken, { name: 'Mine', check: refuse, actions: '*' as const }] },
        other,
      ];
      for (const changed of [{}, { action: 'restart', parameters: {} }]) {
        const { judge: ask, failures } = admission(plugins);
        expect(ask({ ...facts, ...changed })).toMatchObject({ causes: [{ reason: 'Mine' }] });
        expect(failures.map((failure) => failure.kind)).toEqual([kind]);
        expect(
          admission([{ ...acme, checks: [broken] }, other]).judge({ ...facts, ...changed }),
        ).toMatchObject({
          decision: 'allow',
          warnings: [
            expect.stringMatching(
              /^plugin "acme" has failed: check Broken .*; the execution passes without it$/,
            ),
          ],
          auditAnnotations: { 'plugin-failed-acme': expect.stringContaining('check Broken') },
        });
      }
    },
  );

  it.each<[PluginFailure['kind'], z.ZodType]>([
    [
      'threw',
      z.any().refine(() => {
        throw new Error('secret');
      }),
    ],
    ['threw', z.any().refine(async () => true)],
    ['hung', z.any().refine(hang)],
    ['threw', z.any().refine((value) => Object.assign(value, { replicas: 100 }))],
  ])('%s in a schema: executions of that action are refused', (kind, parameters) => {
    const { judge: ask, failures } = admission([{ ...acme, actions: [{ ...scale, parameters }] }]);
    expect(reasonsOf(ask(structuredClone(facts)))).toEqual(['PluginFailed']);
    expect(failures).toMatchObject([{ part: 'the schema of action scale', kind }]);
  });

  it('to answer in time is not asked again for ten seconds: it would keep everybody waiting', () => {
    let asked = 0;
    const check = () => {
      asked += 1;
      return asked === 1 ? hang() : allow();
    };
    const { judge: ask, failures, clock } = admission([withCheck(check)]);
    expect(reasonsOf(ask(facts))).toEqual(['PluginFailed']);
    clock.advance(9_999);
    expect(reasonsOf(ask(facts))).toEqual(['PluginFailed']);
    expect(asked).toBe(1);
    clock.advance(1);
    expect(ask(facts)).toEqual({ decision: 'allow' });
    expect(failures.map(({ kind }) => kind)).toEqual(['hung', 'resting']);
  });
});

describe('the steps of a workflow', () => {
  const step = (stepNumber: number, parameters: object, more: object = {}) => ({
    stepNumber,
    action: 'scale',
    parameters: { ...parameters },
    dependencies: [],
    unknownDependencies: [],
    criticalStep: false,
    maxRetries: 0,
    ...more,
  });

  it('are remarked on where their executions would be refused', () => {
    const rollback = { action: 'scale', parameters: {} };
    const { remarksOn } = admission([acme]);
    expect(
      remarksOn([
        step(1, { replicas: 3 }),
        step(2, { replicas: 'x' }),
        step(3, { replicas: 3 }, { rollback }),
        step(4, {}, { action: 'unknown' }),
      ]),
    ).toEqual([
      'step 2: Parameter "replicas" of action "scale" is not valid: expected number, received string.',
      'the rollback of step 3: Action "scale" needs the parameter "replicas": expected number.',
    ]);
  });

  it('are remarked on by the schema of a built-in action where a check will need that', () => {
    const builtIn = { name: 'built-in', actions: [{ ...scale, name: 'grow' }] };
    const steps = [step(1, { replicas: 'x' }, { action: 'grow' })];
    const remarks = (check: Plugin) => admission([check], [builtIn]).remarksOn(steps);
    expect(remarks(withCheck(allow, '*'))).toEqual([
      'step 1: Parameter "replicas" of action "grow" is not valid: expected number, received string.',
    ]);
    expect(remarks(withCheck(allow))).toEqual([]);
    expect(remarks(withCheck(allow, '*', acme, { onFailure: 'allow' }))).toEqual([]);
  });

  it('are too many to remark on all', () => {
    const steps = Array.from({ length: 1_000 }, (_, index) => step(index + 1, {}));
    const remarks = admission([acme]).remarksOn(steps);
    expect(remarks).toHaveLength(9);
    expect(remarks.at(-1)).toBe('there may be more');
  });

  it('are not judged by a schema that fails', () => {
    const parameters = z.any().refine(hang);
    const { remarksOn, failures } = admission([{ ...acme, actions: [{ ...scale, parameters }] }]);
    expect(remarksOn([step(1, {}), step(2, {})])).toEqual([]);
    expect(failures.map(({ kind }) => kind)).toEqual(['hung', 'resting']);
  });
});
