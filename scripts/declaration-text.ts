import type { ClassDeclaration, Node } from 'typescript/unstable/ast';
import {
  isClassDeclaration,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isGetAccessorDeclaration,
  isMethodDeclaration,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';

/** Longer values say nothing to who reads: their docstring does. */
const valueShown = 300;

/** What a declaration promises, in its own words: without bodies, private members and initial values. */
export function declarationText(node: Node): string {
  return textOf(node)
    .replace(/^export (async )?/, '')
    .split('\n')
    .filter((line) => !/^\s*\/\/ /.test(line))
    .join('\n');
}

function textOf(node: Node): string {
  if (isFunctionDeclaration(node)) return `${withoutBody(node, node.body)};`;
  if (isClassDeclaration(node)) return classText(node);
  if (isVariableDeclaration(node)) {
    const text = `const ${node.getText()};`;
    return text.length > valueShown ? `const ${node.name.getText()}: …;` : text;
  }
  return node.getText();
}

function classText(node: ClassDeclaration): string {
  const members = node.members.flatMap((member) => {
    const isCallable =
      isMethodDeclaration(member) || isGetAccessorDeclaration(member) || isConstructorDeclaration(member);
    const body = isCallable ? member.body : undefined;
    const comment = member
      .getFullText()
      .slice(0, member.getStart() - member.pos)
      .trim();
    const text = withoutBody(member, body).replace(/;$/, '');
    return /^private\b|^(async |static |readonly |get |set )*#/.test(text)
      ? []
      : [`${comment === '' ? '' : `${comment}\n  `}${text};`];
  });
  const source = node.getText();
  const start = node.members[0]?.pos ?? node.end;
  return `${source.slice(0, start - node.getStart()).trim()}\n  ${members.join('\n  ')}\n}`;
}

function withoutBody(node: Node, body: Node | undefined): string {
  const text = node.getText();
  return body === undefined ? text.trim() : text.slice(0, body.getStart() - node.getStart()).trim();
}
