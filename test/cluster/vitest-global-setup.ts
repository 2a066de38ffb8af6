import { findBinaries } from './find-binaries.ts';

/** Finds or builds the control plane's programs once, before the first test, and says what it does. */
export default async function setup(): Promise<void> {
  const binaries = await findBinaries({ progress: (line) => console.log(line) });
  console.log(`control plane: Kubernetes ${binaries.version} from ${binaries.source}`);
}
