/** Why an installation cannot go on now. Repeating may help: the error says what has to come first. */
export class InstallerError extends Error {
  readonly code = 'Installer';
  override readonly name = 'InstallerError';
}
