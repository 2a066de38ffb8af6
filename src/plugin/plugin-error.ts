/** Why a plugin cannot be used. */
export type PluginErrorCode =
  /** There is no such file or package. */
  | 'PluginNotFound'
  /** It threw while it was imported, or is no JavaScript. */
  | 'PluginImportFailed'
  /** What it exports is no plugin. */
  | 'PluginInvalid'
  /** Two plugins, two actions or two checks of one name. */
  | 'PluginDuplicate';

/** A plugin that cannot be used. The message names its file, and the field where one is at fault. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: PluginErrorCode;

  constructor(code: PluginErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
