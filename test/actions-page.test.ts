import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { builtInActions } from '../sdk/actions/built-in-actions.ts';

const repository = join(import.meta.dirname, '..');
const page = readFileSync(join(repository, 'docs/actions.md'), 'utf8');

/** The cells of each row of the table of actions, by the action's name. */
const rows = new Map(
  [...page.matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)].map(([, name = '', cells = '']) => [
    name,
    cells.split(' | ').map((cell) => cell.trim()),
  ]),
);

test.each((builtInActions.actions ?? []).map((action) => [action.name, action] as const))(
  'docs/actions.md says of %s which parameters it takes, whether it can be undone, and which rights it needs',
  (name, action) => {
    const [said = '', undone = '', rights = ''] = rows.get(name) ?? [];
    const names = [...said.matchAll(/`(\w+)`(\??)/g)]
      .filter(([, each = '']) => !['strategic', 'merge'].includes(each))
      .map(([, each = '', optional = '']) => each + optional);
    const fields = Object.entries((action.parameters as z.ZodObject).shape).map(
      ([field, schema]) => field + ((schema as z.ZodType).safeParse(undefined).success ? '?' : ''),
    );
    expect(names.sort()).toEqual(fields.sort());
    expect(undone.startsWith('none')).toBe(action.rollback === undefined);
    const [, file = ''] = /\(\.\.\/(.*)\)/.exec(rights) ?? [];
    expect(existsSync(join(repository, file)), file).toBe(true);
  },
);
