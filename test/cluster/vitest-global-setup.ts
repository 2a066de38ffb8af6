import { findBinaries } from './find-binaries.ts';
import { findCertManager } from './find-cert-manager.ts';
import { findHelm } from './find-helm.ts';

/** Finds or builds the programs once, before the first test, and says what it does. */
export default async function setup(): Promise<void> {
  const progress = (line: string) => console.log(line);
  const binaries = await findBinaries({ progress });
  console.log(`control plane: Kubernetes ${binaries.version} from ${binaries.source}`);
  // Without Go the tests that need these fail, and no others.
  await findCertManager({ progress }).catch((error: Error) => progress(error.message));
  await findHelm({ progress }).catch((error: Error) => progress(error.message));
}
