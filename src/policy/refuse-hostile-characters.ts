import { findHostileCharacter } from './hostile-characters.ts';
import { deny, type Deny } from './verdict.ts';

/**
 * Why a value that somebody writes cannot be shown to others as it is, with the place named; undefined where it can. What is
 * at the same place in `before` stays as it is.
 */
export function refuseHostileCharacters(name: string, after: unknown, before?: unknown): Deny | undefined {
  const found = findHostileCharacter(name, after, before);
  if (found === undefined) return undefined;
  const { path: field, character } = found;
  const message = `${field} has the character ${character}: control characters but tabs and line breaks, characters that change the direction of text, and noncharacters are not taken, because what people read would not be what runs.`;
  return deny(422, 'Invalid', message, [{ reason: 'CharacterNotAllowed', field, message }]);
}
