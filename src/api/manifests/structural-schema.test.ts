import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SchemaObject } from './structural-schema.ts';
import { StructuralSchemaError, toStructuralSchema, withoutUndefined } from './structural-schema.ts';

const structural = (schema: z.ZodType) =>
  withoutUndefined(toStructuralSchema(z.toJSONSchema(schema, { io: 'input' })));

describe('toStructuralSchema', () => {
  it.each<[string, z.ZodType, SchemaObject]>([
    [
      'text',
      z.string().min(1).max(3).regex(/^a/),
      { type: 'string', minLength: 1, maxLength: 3, pattern: '^a' },
    ],
    ['a whole number without the bounds of a double', z.int(), { type: 'integer' }],
    ['bounds that somebody wrote', z.int().min(1).max(9), { type: 'integer', minimum: 1, maximum: 9 }],
    ['an enumeration', z.enum(['a', 'b']), { type: 'string', enum: ['a', 'b'] }],
    ['a constant', z.literal('a'), { type: 'string', enum: ['a'] }],
    ['a whole constant', z.literal(1), { type: 'integer', enum: [1] }],
    [
      'a time, by its format alone',
      z.iso.datetime({ offset: true }),
      { type: 'string', format: 'date-time' },
    ],
    ['null beside a value', z.string().max(3).nullable(), { type: 'string', maxLength: 3, nullable: true }],
    ['a number or text', z.union([z.int(), z.string()]), { 'x-kubernetes-int-or-string': true }],
    ['any value', z.unknown(), { 'x-kubernetes-preserve-unknown-fields': true, nullable: true }],
    [
      'any value with a description',
      z.unknown().describe('x'),
      { description: 'x', 'x-kubernetes-preserve-unknown-fields': true, nullable: true },
    ],
    [
      'a map of one type',
      z.record(z.string(), z.boolean()),
      { type: 'object', additionalProperties: { type: 'boolean' } },
    ],
    [
      'a map of any values, with a schema for them, so that CEL compares it key by key',
      z.record(z.string(), z.unknown()),
      {
        type: 'object',
        additionalProperties: { 'x-kubernetes-preserve-unknown-fields': true, nullable: true },
      },
    ],
    [
      'an object, pruned of what it does not name',
      z.object({ a: z.string(), b: z.boolean().optional() }),
      { type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: { type: 'boolean' } } },
    ],
    ['a strict object, the same', z.strictObject({}), { type: 'object', properties: {} }],
    [
      'an object that keeps what it does not name',
      z.looseObject({ a: z.string() }),
      {
        type: 'object',
        required: ['a'],
        properties: { a: { type: 'string' } },
        'x-kubernetes-preserve-unknown-fields': true,
      },
    ],
    [
      'a list with extensions',
      z.array(z.string()).max(2).meta({ 'x-kubernetes-list-type': 'set' }),
      { type: 'array', maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ],
    [
      'a description on what may be null',
      z.object({ a: z.string().nullable().describe('x').optional() }),
      { type: 'object', properties: { a: { description: 'x', type: 'string', nullable: true } } },
    ],
  ])('writes %s', (_, schema, expected) => {
    expect(structural(schema)).toEqual(expected);
  });

  interface Tree {
    children: Tree[];
  }
  const tree: z.ZodType<Tree> = z.object({ children: z.lazy(() => z.array(tree)) });

  it.each<[string, z.ZodType, string]>([
    ['a reference', z.object({ tree }), 'tree'],
    ['a union of other types', z.object({ a: z.array(z.union([z.boolean(), z.string()])) }), 'a[]'],
    ['an intersection', z.object({ a: z.intersection(z.record(z.string(), z.string()), z.object({})) }), 'a'],
    ['a tuple', z.tuple([z.string()]), ''],
    ['an object with typed unknown fields', z.object({ a: z.string() }).catchall(z.string()), ''],
  ])('refuses %s and says where', (_, schema, path) => {
    expect(() => structural(schema)).toThrow(
      expect.objectContaining({ name: StructuralSchemaError.name, code: 'StructuralSchema', path }) as Error,
    );
  });
});
