/**
 * Which backends the kernel tests run against: the reference always; the addon wherever it is built. CI must have it;
 * elsewhere its absence is printed and its tests are skipped.
 */
import { loadAddon, type NativeAddon } from '../../../src-main/kernels/addon';
import { AddonError } from '../../../src-main/kernels/errors';

function addonIfBuilt(): NativeAddon | null {
  try {
    return loadAddon();
  } catch (error) {
    if (!(error instanceof AddonError) || process.env.CI) throw error;
    console.warn(`SKIPPED: tests of the native kernels. ${error.message}`);
    return null;
  }
}

export const addon = addonIfBuilt();

export const BACKENDS: readonly ('reference' | 'native')[] = addon ? ['reference', 'native'] : ['reference'];
