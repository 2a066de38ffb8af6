import { isJsonObject } from './json.ts';

/** Does an object fit a label selector? Source: "Labels and Selectors" of the Kubernetes documentation. */
export function fitsLabels(labels: Readonly<Record<string, string>>, selector: string): boolean {
  // Commas within `in (a,b)` belong to the list.
  return selector.split(/,(?![^(]*\))/).every((requirement) => fitsRequirement(labels, requirement.trim()));
}

function fitsRequirement(labels: Readonly<Record<string, string>>, requirement: string): boolean {
  if (requirement === '') return true;
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(requirement);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const isIn = list
      .split(',')
      .map((value) => value.trim())
      .includes(labels[key] ?? '\0');
    return isIn === (operator === 'in');
  }
  const equality = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(requirement);
  if (equality) {
    const [, key = '', operator, value] = equality;
    return (labels[key] === value) === (operator !== '!=');
  }
  if (requirement.startsWith('!')) return labels[requirement.slice(1)] === undefined;
  return labels[requirement] !== undefined;
}

/** Does an object fit a field selector? Any field will do; the real API server knows a few of each kind. */
export function fitsFields(object: object, selector: string): boolean {
  return selector.split(',').every((requirement) => {
    if (requirement === '') return true;
    const [, path = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(requirement) ?? [];
    let field: unknown = object;
    for (const key of path.split('.')) field = isJsonObject(field) ? field[key] : undefined;
    const text = typeof field === 'string' ? field : field === undefined ? '' : JSON.stringify(field);
    return (text === value) === (operator !== '!=');
  });
}
