const redacted = '[redacted]';

/**
 * The text without what gives itself away as a secret: private keys, bearer tokens and tokens of ServiceAccounts. Texts
 * come from users, so the time grows with the length of the text alone: no pattern looks twice at the same character.
 */
export function withoutSecrets(text: string): string {
  return withoutWebTokens(withoutPrivateKeys(text))
    .replaceAll(/\bBearer [\w.~+/=-]{16,}/gi, `Bearer ${redacted}`)
    .replaceAll(/\bLS0tLS1CRUdJTi[\w+/=]{16,}/g, redacted);
}

/** Where a key begins and where it may end: with its last line, or with the quotation mark that ends its string. */
const keyMarks = /-----(?<side>BEGIN|END) [A-Z ]{0,32}PRIVATE KEY-----|"/g;

/** A key without an end goes on to the end of the text: it was cut. */
function withoutPrivateKeys(text: string): string {
  let kept = '';
  let from = 0;
  let isInKey = false;
  for (const { 0: mark, index, groups } of text.matchAll(keyMarks)) {
    if (!isInKey && groups?.['side'] === 'BEGIN') {
      kept += text.slice(from, index) + redacted;
      isInKey = true;
    } else if (isInKey && groups?.['side'] !== 'BEGIN') {
      from = mark === '"' ? index : index + mark.length;
      isInKey = false;
    }
  }
  return isInKey ? kept : kept + text.slice(from);
}

/** Runs of the characters that a token has; each is looked at once. */
const tokenRuns = /[\w.-]{20,}/g;

/** Three parts between dots, the first of which begins a JSON object in base64: `eyJ`. */
function withoutWebTokens(text: string): string {
  return text.replaceAll(tokenRuns, (run) => {
    if (!run.includes('eyJ')) return run;
    const parts = run.split('.');
    const kept: string[] = [];
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] ?? '';
      const header = part.indexOf('eyJ');
      const isToken =
        header >= 0 &&
        part.length - header >= 11 &&
        (parts[index + 1] ?? '').length >= 8 &&
        index + 2 < parts.length;
      kept.push(isToken ? part.slice(0, header) + redacted : part);
      if (isToken) index += 2;
    }
    return kept.join('.');
  });
}
