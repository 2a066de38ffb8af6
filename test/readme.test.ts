import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { aiAnalysisSchema } from '../src/api/ai-analysis.ts';
import { kubernetesExecutionSchema } from '../src/api/kubernetes-execution.ts';
import { workflowExecutionSchema } from '../src/api/workflow-execution.ts';
import { configMapTexts } from '../src/config/config-map-texts.ts';
import { configMapName } from '../src/config/config-watch.ts';
import { mergeConfig } from '../src/config/merge.ts';

const repository = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const documents = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')];
const examples = ['examples', 'charts/stepgate/examples'].flatMap((folder) =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name)),
);

const schemas: Readonly<Record<string, z.ZodType>> = {
  AIAnalysis: aiAnalysisSchema,
  KubernetesExecution: kubernetesExecutionSchema,
  WorkflowExecution: workflowExecutionSchema,
};

function markdownIn(folder: string): string[] {
  return readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** The text of fenced blocks of a language, '' for those that name none. */
function blocks(path: string, language: string): string[] {
  return [...read(path).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, said]) => said === language)
    .map(([, , text]) => text ?? '');
}

/** What would keep a reader from creating it. */
function problemsOf(manifest: unknown): readonly unknown[] {
  const { apiVersion, kind, metadata, data } = manifest as {
    readonly apiVersion?: unknown;
    readonly kind?: string;
    readonly metadata?: { readonly name?: string };
    readonly data?: Readonly<Record<string, string>>;
  };
  if (typeof apiVersion !== 'string' || kind === undefined) return ['neither apiVersion nor kind'];
  if (kind === 'ConfigMap' && metadata?.name === configMapName) {
    const { texts, unknownKeys } = configMapTexts(data ?? {});
    mergeConfig(texts, {});
    return unknownKeys;
  }
  return schemas[kind]?.safeParse(manifest).error?.issues ?? [];
}

describe.each(documents)('%s', (path) => {
  const text = read(path);

  it('links to what exists', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link]) => link ?? '');
    const broken = links.filter((link) => !existsSync(join(repository, dirname(path), link)));
    expect(broken).toEqual([]);
  });

  it('names paths that exist', () => {
    const quoted = [
      ...text.matchAll(/(?:`|\s)((?:src|webhook|sdk|charts|test|bench|docs|examples|scripts)\/[\w./-]*\w)/g),
    ];
    const missing = quoted
      .map(([, name]) => name ?? '')
      .filter((name) => !existsSync(join(repository, name)));
    expect(missing).toEqual([]);
  });

  it('names targets that the Makefile has', () => {
    const targets = new Set([...read('Makefile').matchAll(/^([a-z0-9-]+):/gm)].map(([, target]) => target));
    const named = [...text.matchAll(/(?:`|^)make((?: [a-z0-9-]+)+)/gm)].flatMap(([, names]) =>
      names?.trim().split(' '),
    );
    expect(named.filter((name) => !targets.has(name))).toEqual([]);
  });

  it.each(blocks(path, 'yaml'))('shows manifests that are valid:\n%s', (yaml) => {
    expect(problemsOf(parse(yaml))).toEqual([]);
  });

  it('mentions nothing of the machine that it was written on', () => {
    expect(text).not.toMatch(/\/(?:work|home|root|tmp|Users)\/|\b(?:10|192)\.\d+\.\d+\.\d+\b/);
  });
});

it('README.md maps folders that exist', () => {
  const map = blocks('README.md', '').find((block) => block.startsWith('src ')) ?? '';
  const folders = map.match(/^\S+/gm) ?? [];
  expect(folders.length).toBeGreaterThan(5);
  expect(folders.filter((folder) => !existsSync(join(repository, folder)))).toEqual([]);
});

it('README.md promises no figures', () => {
  expect(read('README.md')).not.toMatch(/\d\s?(?:ms|µs|per second|\/s|MB)\b/);
});

it.each(examples)('%s is valid', (path) => {
  for (const document of parseAllDocuments(read(path))) {
    expect(document.errors).toEqual([]);
    expect(problemsOf(document.toJS())).toEqual([]);
  }
});
